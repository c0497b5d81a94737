namespace Onetun.NetStack;

/// <summary>An ACK as it arrived.</summary>
internal readonly ref struct Acknowledgment(TimeSpan now, long position, in TcpHeaderOptions options, uint stamp)
{
    public readonly TimeSpan Now = now;

    /// <summary>SEG.ACK, or SND.UNA if that is greater.</summary>
    public readonly long Position = position;

    public readonly ref readonly TcpHeaderOptions Options = ref options;

    /// <summary>The value of our timestamps now.</summary>
    public readonly uint Stamp = stamp;

    /// <summary>
    /// It does not advance SND.UNA, and has no text, no FIN and no other window: a duplicate ACK if data is outstanding (RFC
    /// 5681 §2).
    /// </summary>
    public bool MayBeDuplicate { get; init; }

    /// <summary>It has ECE: a segment of ours was marked, and the peer has not yet received CWR (RFC 3168 §6.1.2).</summary>
    public bool HasEcnEcho { get; init; }
}
