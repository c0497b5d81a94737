namespace Onetun.NetStack;

/// <summary>What a connection knows of its path and has done with it, as Linux tells in TCP_INFO.</summary>
/// <param name="RoundTrip">Smoothed (RFC 6298 SRTT); zero before the first sample.</param>
/// <param name="MinRoundTrip">The shortest sample; zero before the first.</param>
/// <param name="RetransmissionTimeout">With its back-off.</param>
/// <param name="CongestionWindow">Bytes that may be in flight.</param>
/// <param name="InFlight">Bytes that are: neither acknowledged nor thought lost.</param>
/// <param name="SendWindow">Bytes the peer takes beyond what it has acknowledged.</param>
/// <param name="SegmentSize">Bytes of data in a full segment.</param>
/// <param name="AcknowledgedBytes">Written here, and acknowledged by the peer.</param>
/// <param name="ReceivedBytes">Come in order, read or not.</param>
/// <param name="Retransmissions">Segments sent again.</param>
/// <param name="MarkReductions">How often marks of routers shrank the window (RFC 3168).</param>
public readonly record struct TcpStatistics(
    TimeSpan RoundTrip,
    TimeSpan MinRoundTrip,
    TimeSpan RetransmissionTimeout,
    long CongestionWindow,
    long InFlight,
    long SendWindow,
    int SegmentSize,
    long AcknowledgedBytes,
    long ReceivedBytes,
    long Retransmissions,
    long MarkReductions)
{
    internal static TcpStatistics Of(TcpConnection connection)
    {
        var sender = connection.Sender;
        return new TcpStatistics(
            sender.Rtt.Smoothed,
            sender.Rtt.Minimum,
            sender.Rtt.Timeout,
            sender.Congestion.Window,
            sender.Pipe,
            sender.Window,
            sender.SegmentSize,
            Math.Clamp(sender.Unacknowledged - 1, 0, sender.Buffer.End), // SYN and FIN have numbers, and are no data
            connection.Receiver.Buffer.End,
            sender.Retransmissions,
            sender.MarkReductions);
    }
}
