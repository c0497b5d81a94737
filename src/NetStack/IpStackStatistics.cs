namespace Onetun.NetStack;

/// <summary>Counters of a stack. Read them under its driver's lock for a consistent picture.</summary>
public sealed class IpStackStatistics
{
    private readonly long[] _received = new long[Enum.GetValues<ReceiveOutcome>().Length];

    /// <summary>Packets sent.</summary>
    public long PacketsSent { get; internal set; }

    /// <summary>Connections opened, either way.</summary>
    public long ConnectionsOpened { get; internal set; }

    /// <summary>Segments sent again, by connections that have ended.</summary>
    public long Retransmissions { get; internal set; }

    /// <summary>
    /// Connections that nobody here had anything to do with any more, and whose peer did not take all that was left in time: those
    /// of a peer whose window stayed shut among them.
    /// </summary>
    public long OrphansTimedOut { get; internal set; }

    /// <summary>Windows that marks shrank (RFC 3168), of connections that have ended.</summary>
    public long MarkReductions { get; internal set; }

    /// <summary>Faults in this code, each of which has cost a connection or a packet.</summary>
    public long Faults { get; internal set; }

    /// <summary>Packets received that ended this way.</summary>
    public long Received(ReceiveOutcome outcome) => _received[(int)outcome];

    internal void Count(ReceiveOutcome outcome) => _received[(int)outcome]++;
}
