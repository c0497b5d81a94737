namespace Onetun.WireGuard;

/// <summary>A token bucket whose tokens are time: it fills as time passes, and each use takes what it costs.</summary>
/// <param name="Tokens">What was in it.</param>
/// <param name="At">When that was so.</param>
internal record struct TokenBucket(TimeSpan Tokens, TimeSpan At)
{
    /// <summary>Takes a cost, if there is enough. The bucket never holds more than its limit.</summary>
    public bool TryTake(TimeSpan now, TimeSpan cost, TimeSpan limit)
    {
        var grown = Tokens + (now - At);
        Tokens = grown < limit ? grown : limit;
        At = now;
        if (Tokens < cost)
        {
            return false;
        }

        Tokens -= cost;
        return true;
    }
}
