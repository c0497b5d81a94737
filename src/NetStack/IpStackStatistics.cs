namespace Onetun.NetStack;

/// <summary>The counters of a stack since its creation.</summary>
public sealed class IpStackStatistics
{
    private long[] _received = new long[Enum.GetValues<PacketOutcome>().Length];

    /// <summary>Packets sent, those to ourselves included.</summary>
    public long PacketsSent { get; internal set; }

    /// <summary>Connections opened, actively or passively.</summary>
    public long ConnectionsOpened { get; internal set; }

    /// <summary>Connections at present, those in TIME-WAIT included.</summary>
    public int Connections { get; private set; }

    /// <summary>
    /// The mean of the smoothed round-trip times (SRTT, RFC 6298) of present connections, without those in TIME-WAIT; zero while
    /// none has a sample.
    /// </summary>
    public TimeSpan MeanRoundTrip { get; private set; }

    /// <summary>UDP flows at present.</summary>
    public int UdpFlows { get; private set; }

    /// <summary>Segments retransmitted.</summary>
    public long Retransmissions { get; internal set; }

    /// <summary>
    /// Orphaned connections, which the application had closed, that timed out before the peer acknowledged everything; also
    /// because its window stayed closed.
    /// </summary>
    public long OrphansTimedOut { get; internal set; }

    /// <summary>How often congestion marks reduced a window (RFC 3168).</summary>
    public long MarkReductions { get; internal set; }

    /// <summary>UDP datagrams dropped because too many waited to be sent.</summary>
    public long DatagramsNotSent { get; private set; }

    /// <summary>Faults in this code, each of which ended a connection or dropped a packet.</summary>
    public long Faults { get; internal set; }

    /// <summary>Packets received with an outcome, those from ourselves included.</summary>
    /// <param name="outcome">The outcome.</param>
    public long Received(PacketOutcome outcome) => _received[(int)outcome];

    internal void Count(PacketOutcome outcome) => _received[(int)outcome]++;

    /// <summary>A snapshot, which includes the counters of present connections.</summary>
    internal static IpStackStatistics Of(IpStack stack)
    {
        var snapshot = (IpStackStatistics)stack.Statistics.MemberwiseClone();
        snapshot._received = [.. snapshot._received];
        snapshot.Connections = stack.ConnectionCount;
        snapshot.UdpFlows = stack.Udp.FlowCount;
        snapshot.DatagramsNotSent = stack.Udp.OutputDropped;
        var (sum, samples) = (TimeSpan.Zero, 0);
        foreach (var connection in stack.Connections)
        {
            snapshot.Retransmissions += connection.Sender.Retransmissions;
            snapshot.MarkReductions += connection.Sender.MarkReductions;
            if (connection.State != TcpState.TimeWait && connection.Sender.Rtt.HasSample)
            {
                sum += connection.Sender.Rtt.Smoothed;
                samples++;
            }
        }

        snapshot.MeanRoundTrip = samples > 0 ? sum / samples : TimeSpan.Zero;
        return snapshot;
    }
}
