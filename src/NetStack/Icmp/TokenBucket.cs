namespace Onetun.NetStack;

/// <summary>Allows <c>rate</c> events per second, and bursts of <c>burst</c> events after a pause.</summary>
internal sealed class TokenBucket
{
    private readonly TimeSpan _interval;
    private readonly TimeSpan _tolerance;
    private TimeSpan _next;

    public TokenBucket(double rate, int burst)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(rate);
        ArgumentOutOfRangeException.ThrowIfLessThan(burst, 1);
        _interval = TimeSpan.FromSeconds(1 / rate);
        _tolerance = _interval * (burst - 1);
        _next = TimeSpan.MinValue;
    }

    // The bucket is a single number, the time at which it will be full again (GCRA, ITU-T I.371)
    public bool TryTake(TimeSpan now)
    {
        var due = _next > now ? _next : now;
        if (due - now > _tolerance)
        {
            return false;
        }

        _next = due + _interval;
        return true;
    }
}
