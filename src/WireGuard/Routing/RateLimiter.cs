namespace Onetun.WireGuard;

/// <summary>
/// A token bucket per source of handshake messages, used under load only: 20 a second, 5 at once. One IPv6 customer has
/// a whole /64, so that is one source.
/// </summary>
internal sealed class RateLimiter(int maxSources)
{
    private static readonly TimeSpan Cost = TimeSpan.FromSeconds(1) / 20;
    private static readonly TimeSpan Burst = 5 * Cost;
    private static readonly TimeSpan IdleTime = TimeSpan.FromSeconds(1);

    private readonly Dictionary<UInt128, TokenBucket> _buckets = [];
    private TimeSpan _sweptAt;

    public int Count => _buckets.Count;

    public bool Allows(TimeSpan now, in UdpEndPoint source)
    {
        Sweep(now);
        var key = source.IsIPv4 ? source.Address : source.Address >> 64 << 64;
        if (!_buckets.TryGetValue(key, out var bucket))
        {
            if (_buckets.Count >= maxSources)
            {
                return false;
            }

            bucket = new TokenBucket(Burst, now);
        }

        var isAllowed = bucket.TryTake(now, Cost, Burst);
        _buckets[key] = bucket;
        return isAllowed;
    }

    /// <summary>A source that was silent for a second has a full bucket, so it need not be remembered.</summary>
    private void Sweep(TimeSpan now)
    {
        if (now - _sweptAt < IdleTime)
        {
            return;
        }

        _sweptAt = now;
        foreach ((var key, var bucket) in _buckets)
        {
            if (now - bucket.At >= IdleTime)
            {
                _buckets.Remove(key);
            }
        }
    }
}
