namespace Onetun.NetStack;

/// <summary>What a connection knows of its path and has done with it, as Linux tells in TCP_INFO.</summary>
public readonly record struct TcpStatistics
{
    /// <summary>Smoothed (RFC 6298 SRTT); zero before the first sample.</summary>
    public TimeSpan RoundTrip { get; init; }

    /// <summary>The shortest sample; zero before the first.</summary>
    public TimeSpan MinRoundTrip { get; init; }

    /// <summary>With its back-off.</summary>
    public TimeSpan RetransmissionTimeout { get; init; }

    /// <summary>Bytes that may be in flight.</summary>
    public long CongestionWindow { get; init; }

    /// <summary>Bytes that are: neither acknowledged nor thought lost.</summary>
    public long InFlight { get; init; }

    /// <summary>Bytes the peer takes beyond what it has acknowledged.</summary>
    public long SendWindow { get; init; }

    /// <summary>Bytes of data in a full segment.</summary>
    public int SegmentSize { get; init; }

    /// <summary>Written here, and acknowledged by the peer.</summary>
    public long AcknowledgedBytes { get; init; }

    /// <summary>Come in order, read or not.</summary>
    public long ReceivedBytes { get; init; }

    /// <summary>Segments retransmitted.</summary>
    public long Retransmissions { get; init; }

    /// <summary>How often marks of routers shrank the window (RFC 3168).</summary>
    public long MarkReductions { get; init; }

    internal static TcpStatistics Of(TcpConnection connection)
    {
        var sender = connection.Sender;
        return new TcpStatistics
        {
            RoundTrip = sender.Rtt.Smoothed,
            MinRoundTrip = sender.Rtt.Minimum,
            RetransmissionTimeout = sender.Rtt.Timeout,
            CongestionWindow = sender.Congestion.Window,
            InFlight = sender.Pipe,
            SendWindow = sender.Window,
            SegmentSize = sender.SegmentSize,
            AcknowledgedBytes = Math.Clamp(sender.Unacknowledged - 1, 0, sender.Buffer.End), // SYN and FIN have numbers, but are not data
            ReceivedBytes = connection.Receiver.Buffer.End,
            Retransmissions = sender.Retransmissions,
            MarkReductions = sender.MarkReductions,
        };
    }
}
