namespace Onetun.NetStack;

/// <summary>Paths that take less than our own MTU: those that say so, and those that do not.</summary>
internal sealed partial class TcpConnection
{
    /// <summary>Timeouts in a row after which size is under suspicion.</summary>
    private const int BlackHoleRetries = 3;

    private int _triedMtu; // 0 unless an ACK will show whether it passes
    private int _sizeBefore; // SegmentSize, until then
    private int _passingMtu; // what passed when more did not; 0 once more did

    /// <summary>
    /// What is tried then, a timeout each: what each IPv6 path carries; what an outer path of 1,280 leaves to a tunnel (RFC
    /// 8899 §5.1.2 begins there); and the least that any path is believed to carry. A segment of IPv6 may be as small as
    /// one of IPv4: RFC 8200 §5 binds links, not senders.
    /// </summary>
    private static ReadOnlySpan<int> SmallerMtus => [PathMtus.Smallest6, 1200, PathMtus.Smallest4];

    /// <summary>Packet Too Big about a segment of ours (RFC 1191 §3, RFC 8201 §4).</summary>
    public void OnPacketTooBig(TimeSpan now, uint mtu)
    {
        var path = PathMtus.Believed(Flow.Remote, mtu);
        var size = SizeWithin(path);
        if (size < Sender.SegmentSize && IsSynchronized)
        {
            (_sizeBefore, _triedMtu) = (0, 0);
            _settings.Paths.Learn(now, Flow.Remote, path);
            Sender.ShrinkSegments(size);
        }
    }

    /// <summary>
    /// RFC 4821 §7.7: full segments that time out again and again may be too big for a path that does not say so. The
    /// first time that may as well be an outage, so the size is tried again once it is over; the second time what came
    /// through then stays.
    /// </summary>
    private void CheckBlackHole()
    {
        var step = _retries - BlackHoleRetries;
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
            }

            (_passingMtu, _triedMtu, _sizeBefore) = (_triedMtu, 0, 0);
        }

        _passingMtu = wasOutage ? 0 : _passingMtu;
    }

    private int SizeWithin(int mtu) => mtu - _template.IpHeaderLength - SegmentReader.TcpHeaderLength
        - (_timestamps ? TcpOptions.TimestampLength : 0);
}
