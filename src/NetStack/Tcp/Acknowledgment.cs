namespace Onetun.NetStack;

/// <summary>An acknowledgment as it came.</summary>
internal readonly ref struct Acknowledgment(TimeSpan now, long position, in TcpHeaderOptions options, uint stamp)
{
    public readonly TimeSpan Now = now;

    /// <summary>SEG.ACK; SND.UNA, where that is further.</summary>
    public readonly long Position = position;

    public readonly ref readonly TcpHeaderOptions Options = ref options;

    /// <summary>What our timestamps say now.</summary>
    public readonly uint Stamp = stamp;

    /// <summary>Nothing comes with it that would make it no duplicate: no text, no FIN, no other window (RFC 5681 §2).</summary>
    public bool CarriesNothing { get; init; }

    /// <summary>The peer says that something of ours was marked, and has not heard yet that the window shrank (ECE, RFC 3168 §6.1.2).</summary>
    public bool TellsOfMark { get; init; }
}
