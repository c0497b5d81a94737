namespace Onetun.NetStack;

/// <summary>
/// RFC 4821 §7.7: full segments that time out again and again may be too big for a path that does not say so. The
/// first time that may as well be an outage, so the size is tried again once it is over; the second time what came
/// through then stays.
/// </summary>
internal struct BlackHoleSearch
{
    /// <summary>Timeouts in a row after which size is under suspicion.</summary>
    private const int Suspicious = 3;

    private int _triedMtu; // 0 unless an ACK will show whether it passes
    private int _sizeBefore; // of segments, until then
    private int _passingMtu; // what passed when more did not; 0 once more did

    /// <summary>
    /// What is tried then, a timeout each: what each IPv6 path carries; the base of RFC 8899 §5.1.2; and
    /// the least that any path is believed to carry. A segment of IPv6 may be as small as
    /// one of IPv4: RFC 8200 §5 binds links, not senders.
    /// </summary>
    private static ReadOnlySpan<int> SmallerMtus => [PathMtus.Smallest6, PathMtus.Base, PathMtus.Smallest4];

    /// <summary>Another timeout: whether to go on with smaller segments.</summary>
    /// <param name="timeouts">In a row.</param>
    /// <param name="headers">What a packet takes besides the payload of its segment.</param>
    /// <param name="size">Of a full segment.</param>
    /// <param name="head">Of the one that timed out.</param>
    /// <param name="smaller">What to go on with.</param>
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

    /// <summary>Something was acknowledged: what that says of the path.</summary>
    /// <param name="headers">What a packet takes besides the payload of its segment.</param>
    /// <param name="longest">The longest payload that arrived.</param>
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

    /// <summary>The path takes no segments above a size: a search that went further goes back no further.</summary>
    public void OnNarrowed(int size) => _sizeBefore = Math.Min(_sizeBefore, size);

    /// <summary>Segments have shrunk for a better reason.</summary>
    public void Stop() => (_triedMtu, _sizeBefore) = (0, 0);

    /// <summary>What a search has found.</summary>
    /// <param name="PathMtu">All that the path takes; 0 if that is not known.</param>
    /// <param name="Restored">The size of segments to go back to, 0 if to none: it may have been an outage.</param>
    public readonly record struct Finding(int PathMtu, int Restored);
}
