namespace Onetun.NetStack;

/// <summary>Paths that take less than our own MTU: those that say so, and those that do not.</summary>
internal sealed partial class TcpConnection
{
    /// <summary>RFC 5927 §7.2: who says less than this does us no good; Linux's figure. IPv6 has its own (RFC 8201 §4).</summary>
    private const int SmallestMtu4 = 552;

    /// <summary>What each IPv6 path carries, and in practice each IPv4 path.</summary>
    private const int SmallestMtu6 = 1280;

    /// <summary>Timeouts in a row after which size is under suspicion.</summary>
    private const int BlackHoleRetries = 3;

    private int _sizeBefore;
    private bool _isBlackHole;

    /// <summary>Packet Too Big about a segment of ours (RFC 1191 §3, RFC 8201 §4); 0 comes from routers that do not say.</summary>
    public void OnPacketTooBig(uint mtu)
    {
        var smallest = Flow.Local.IsIPv4 ? SmallestMtu4 : SmallestMtu6;
        var size = SizeWithin((int)Math.Clamp(mtu, (uint)smallest, ushort.MaxValue));
        if (size < Sender.SegmentSize && IsSynchronized)
        {
            _sizeBefore = 0;
            Sender.ShrinkSegments(size);
        }
    }

    /// <summary>
    /// RFC 4821 §7.7: full segments that time out again and again may be too big for a path that does not say so. The
    /// first time that may as well be an outage, so the size is tried again once it is over; the second time it stays.
    /// </summary>
    private void CheckBlackHole()
    {
        var size = SizeWithin(SmallestMtu6);
        if (_retries == BlackHoleRetries && Sender.SegmentSize > size && Sender.HeadLength > size)
        {
            (_sizeBefore, _isBlackHole) = (_isBlackHole ? 0 : Sender.SegmentSize, true);
            Sender.ShrinkSegments(size);
        }
    }

    private void OnPathAnswers()
    {
        if (_sizeBefore > 0)
        {
            Sender.SetSegmentSize(_sizeBefore);
            _sizeBefore = 0;
        }
    }

    private int SizeWithin(int mtu) => mtu - _template.IpHeaderLength - SegmentReader.TcpHeaderLength
        - (_timestamps ? TcpOptions.TimestampLength : 0);
}
