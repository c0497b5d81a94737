namespace Onetun.NetStack;

/// <summary>
/// Black hole detection (RFC 4821 §7.7): full-sized segments that time out repeatedly may be too big for a path that does not
/// say so. The first time, it may just as well have been an outage, so the size is restored once an ACK comes. The second time,
/// the size that got through is kept.
/// </summary>
internal struct BlackHoleDetection
{
    /// <summary>Consecutive timeouts after which the size is suspected.</summary>
    private const int Suspicious = 3;

    private int _triedMtu; // The MTU being tried; 0 if none is
    private int _sizeBefore; // The segment size to restore
    private int _passingMtu; // The MTU that got through when a larger one did not; 0 once a larger one did

    /// <summary>
    /// The MTUs then tried, one per timeout: that of every IPv6 path, the base of RFC 8899 §5.1.2, and the smallest believed of
    /// any path. IPv6 segments may be as small as IPv4's: RFC 8200 §5 binds links, not senders.
    /// </summary>
    private static ReadOnlySpan<int> SmallerMtus => [PathMtus.Smallest6, PathMtus.Base, PathMtus.Smallest4];

    /// <summary>Another timeout: whether to continue with smaller segments.</summary>
    /// <param name="timeouts">The number of consecutive timeouts.</param>
    /// <param name="headers">The length of a packet's headers, in bytes.</param>
    /// <param name="size">The payload of a full-sized segment, in bytes.</param>
    /// <param name="head">The payload of the segment that timed out, in bytes.</param>
    /// <param name="smaller">The new segment size, in bytes.</param>
    public bool TryShrink(int timeouts, int headers, int size, long head, out int smaller)
    {
        smaller = size;
        var step = timeouts - Suspicious;
        if (step < 0)
        {
            return false;
        }

        var mtu = step == 0 && _passingMtu > 0 ? _passingMtu : SmallerMtus[Math.Min(step, SmallerMtus.Length - 1)];
        if (size <= mtu - headers || head <= mtu - headers)
        {
            return false;
        }

        smaller = mtu - headers;
        (_triedMtu, _sizeBefore) = (mtu, Math.Max(_sizeBefore, size));
        return true;
    }

    /// <summary>Data was acknowledged: what that shows of the path.</summary>
    /// <param name="headers">The length of a packet's headers, in bytes.</param>
    /// <param name="longest">The longest payload that was delivered, in bytes.</param>
    public Finding OnAcknowledged(int headers, int longest)
    {
        var wasOutage = longest > (_triedMtu > 0 ? _triedMtu : _passingMtu) - headers;
        var finding = default(Finding);
        if (_triedMtu > 0)
        {
            finding = _triedMtu == _passingMtu && !wasOutage ? new Finding(_passingMtu, 0) : new Finding(0, _sizeBefore);
            (_passingMtu, _triedMtu, _sizeBefore) = (_triedMtu, 0, 0);
        }

        _passingMtu = wasOutage ? 0 : _passingMtu;
        return finding;
    }

    /// <summary>The path is known to take no segments above a size, beyond which none is restored.</summary>
    public void OnNarrowed(int size) => _sizeBefore = Math.Min(_sizeBefore, size);

    /// <summary>The segment size was reduced for a better reason.</summary>
    public void Stop() => (_triedMtu, _sizeBefore) = (0, 0);

    /// <summary>What an ACK has shown.</summary>
    /// <param name="PathMtu">The path MTU, in bytes; 0 if it is not known.</param>
    /// <param name="Restored">The segment size to restore, as it may have been an outage; 0 for none.</param>
    public readonly record struct Finding(int PathMtu, int Restored);
}
