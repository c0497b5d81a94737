namespace Onetun.NetStack;

/// <summary>Counters of a stack since it was made.</summary>
public sealed class IpStackStatistics
{
    private long[] _received = new long[Enum.GetValues<PacketOutcome>().Length];

    /// <summary>Packets sent.</summary>
    public long PacketsSent { get; internal set; }

    /// <summary>Connections opened, either way.</summary>
    public long ConnectionsOpened { get; internal set; }

    /// <summary>Connections at present, those in TIME-WAIT included.</summary>
    public int Connections { get; private set; }

    /// <summary>UDP flows at present.</summary>
    public int UdpFlows { get; private set; }

    /// <summary>Segments retransmitted.</summary>
    public long Retransmissions { get; internal set; }

    /// <summary>
    /// Connections that nobody here had anything to do with any more, and whose peer did not take all that was left in time: those
    /// of a peer whose window stayed shut among them.
    /// </summary>
    public long OrphansTimedOut { get; internal set; }

    /// <summary>Windows that marks shrank (RFC 3168).</summary>
    public long MarkReductions { get; internal set; }

    /// <summary>Datagrams dropped because too many of UDP waited to be sent.</summary>
    public long DatagramsNotSent { get; private set; }

    /// <summary>Faults in this code, each of which has cost a connection or a packet.</summary>
    public long Faults { get; internal set; }

    /// <summary>Packets received that ended this way.</summary>
    public long Received(PacketOutcome outcome) => _received[(int)outcome];

    internal void Count(PacketOutcome outcome) => _received[(int)outcome]++;

    /// <summary>A snapshot, to which connections that go on add theirs.</summary>
    internal static IpStackStatistics Of(IpStack stack)
    {
        var snapshot = (IpStackStatistics)stack.Statistics.MemberwiseClone();
        snapshot._received = [.. snapshot._received];
        snapshot.Connections = stack.ConnectionCount;
        snapshot.UdpFlows = stack.Udp.FlowCount;
        snapshot.DatagramsNotSent = stack.Udp.OutputDropped;
        foreach (var connection in stack.Connections)
        {
            snapshot.Retransmissions += connection.Sender.Retransmissions;
            snapshot.MarkReductions += connection.Sender.MarkReductions;
        }

        return snapshot;
    }
}
