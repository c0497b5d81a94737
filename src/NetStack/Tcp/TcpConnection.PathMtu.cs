namespace Onetun.NetStack;

/// <summary>Paths that take less than our own MTU: those that say so, and those that do not.</summary>
internal sealed partial class TcpConnection
{
    /// <summary>Timeouts in a row after which size is under suspicion.</summary>
    private const int BlackHoleRetries = 3;

    private bool _doubtsPath = true;
    private int _longestPassed;
    private int _triedMtu; // 0 unless an ACK will show whether it passes
    private int _sizeBefore; // SegmentSize, until then
    private int _passingMtu; // what passed when more did not; 0 once more did

    /// <summary>
    /// What is tried then, a timeout each: what each IPv6 path carries; the base of RFC 8899 §5.1.2; and
    /// the least that any path is believed to carry. A segment of IPv6 may be as small as
    /// one of IPv4: RFC 8200 §5 binds links, not senders.
    /// </summary>
    private static ReadOnlySpan<int> SmallerMtus => [PathMtus.Smallest6, PathMtus.Base, PathMtus.Smallest4];

    /// <summary>The path should be looked at: nobody did for this connection yet, or it does not do what it did.</summary>
    public bool DoubtsPath
    {
        get => _doubtsPath && IsSynchronized;
        set => _doubtsPath = value;
    }

    /// <summary>Packet Too Big about a segment of ours (RFC 1191 §3, RFC 8201 §4).</summary>
    public void OnPacketTooBig(TimeSpan now, uint mtu)
    {
        WantOutput();
        var path = PathMtus.Believed(Flow.Remote, mtu);
        if (OnPathNarrowed(path))
        {
            _settings.Paths.Learn(now, Flow.Remote, path);
        }
    }

    /// <summary>The path is known to take no more than this; false if that changes nothing.</summary>
    public bool OnPathNarrowed(int mtu)
    {
        WantOutput();
        var size = SizeWithin(mtu);
        _sizeBefore = Math.Min(_sizeBefore, size); // a search that went further goes back no further
        if (size >= Sender.SegmentSize || !IsSynchronized)
        {
            return false;
        }

        (_sizeBefore, _triedMtu) = (0, 0);
        Sender.ShrinkSegments(size);
        return true;
    }

    /// <summary>Nothing is known to have passed yet.</summary>
    public void ForgetPassed() => _longestPassed = 0;

    /// <summary>Segments came through, either way, that a path of this MTU would not have carried.</summary>
    public bool HasPassed(int mtu) => _longestPassed > SizeWithin(mtu);

    /// <summary>
    /// RFC 4821 §7.7: full segments that time out again and again may be too big for a path that does not say so. The
    /// first time that may as well be an outage, so the size is tried again once it is over; the second time what came
    /// through then stays.
    /// </summary>
    private void CheckBlackHole()
    {
        var step = _patience.Retries - BlackHoleRetries;
        if (step < 0)
        {
            return;
        }

        var mtu = step == 0 && _passingMtu > 0 ? _passingMtu : SmallerMtus[Math.Min(step, SmallerMtus.Length - 1)];
        var size = SizeWithin(mtu);
        if (Sender.SegmentSize > size && Sender.HeadLength > size)
        {
            (_triedMtu, _sizeBefore) = (mtu, Math.Max(_sizeBefore, Sender.SegmentSize));
            Sender.ShrinkSegments(size);
        }
    }

    private void OnPathAnswers(TimeSpan now, int longest)
    {
        OnPassed(longest);
        var wasOutage = longest > SizeWithin(_triedMtu > 0 ? _triedMtu : _passingMtu);
        if (_triedMtu > 0)
        {
            if (_triedMtu == _passingMtu && !wasOutage)
            {
                _settings.Paths.Learn(now, Flow.Remote, _passingMtu);
            }
            else
            {
                Sender.SetSegmentSize(_sizeBefore);
                _doubtsPath = true;
            }

            (_passingMtu, _triedMtu, _sizeBefore) = (_triedMtu, 0, 0);
        }

        _passingMtu = wasOutage ? 0 : _passingMtu;
    }

    private void OnPassed(int length) => _longestPassed = Math.Max(_longestPassed, length);

    private int SizeWithin(int mtu) => mtu - _template.IpHeaderLength - SegmentReader.TcpHeaderLength - _timestamps.Length;
}
