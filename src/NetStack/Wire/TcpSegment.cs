namespace Onetun.NetStack;

/// <summary>A TCP segment that was read, with IP header, lengths, checksums and options validated.</summary>
internal ref struct TcpSegment
{
    /// <summary>As seen by the receiver: local is the destination of the packet.</summary>
    public FlowKey Flow;
    public uint Sequence;
    public uint Acknowledgment;
    public TcpFlags Flags;
    public EcnField Ecn;

    /// <summary>The window field, not scaled.</summary>
    public ushort Window;
    public TcpHeaderOptions Options;
    public ReadOnlySpan<byte> Payload;

    /// <summary>SEG.LEN: payload, SYN and FIN.</summary>
    public readonly uint Length =>
        (uint)Payload.Length + ((uint)Flags & (uint)TcpFlags.Fin) + (((uint)Flags & (uint)TcpFlags.Syn) >> 1);

    /// <summary>The sequence number after the last one of the segment.</summary>
    public readonly uint End => Sequence + Length;

    public readonly bool Has(TcpFlags flags) => (Flags & flags) == flags;
}
