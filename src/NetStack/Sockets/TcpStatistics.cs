namespace Onetun.NetStack;

/// <summary>The statistics of a connection, similar to Linux's TCP_INFO.</summary>
public readonly record struct TcpStatistics
{
    /// <summary>The smoothed round-trip time (SRTT, RFC 6298); zero before the first sample.</summary>
    public TimeSpan RoundTrip { get; init; }

    /// <summary>The shortest sample of the round-trip time; zero before the first.</summary>
    public TimeSpan MinRoundTrip { get; init; }

    /// <summary>The retransmission timeout, with its backoff.</summary>
    public TimeSpan RetransmissionTimeout { get; init; }

    /// <summary>The congestion window, in bytes.</summary>
    public long CongestionWindow { get; init; }

    /// <summary>Bytes in flight: neither acknowledged nor considered lost.</summary>
    public long InFlight { get; init; }

    /// <summary>The window that the peer offers, in bytes.</summary>
    public long SendWindow { get; init; }

    /// <summary>The payload of a full-sized segment, in bytes.</summary>
    public int SegmentSize { get; init; }

    /// <summary>Bytes written here and acknowledged by the peer.</summary>
    public long AcknowledgedBytes { get; init; }

    /// <summary>Bytes received in order, read or not.</summary>
    public long ReceivedBytes { get; init; }

    /// <summary>The number of segments retransmitted.</summary>
    public long Retransmissions { get; init; }

    /// <summary>How often congestion marks reduced the window (RFC 3168).</summary>
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
            AcknowledgedBytes = Math.Clamp(sender.Unacknowledged - 1, 0, sender.Buffer.End), // SYN and FIN have sequence numbers, but are not data
            ReceivedBytes = connection.Receiver.Buffer.End,
            Retransmissions = sender.Retransmissions,
            MarkReductions = sender.MarkReductions,
        };
    }
}
