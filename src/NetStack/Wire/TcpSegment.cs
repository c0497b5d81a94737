namespace Onetun.NetStack;

/// <summary>One TCP segment, read and validated: IP header, lengths, checksums, options.</summary>
internal ref struct TcpSegment
{
    /// <summary>The receiver's view: local is the destination of the packet.</summary>
    public FlowKey Flow;
    public uint Sequence;
    public uint Acknowledgment;
    public TcpFlags Flags;
    public EcnField Ecn;

    /// <summary>As on the wire, not scaled.</summary>
    public ushort Window;
    public TcpHeaderOptions Options;
    public ReadOnlySpan<byte> Payload;

    /// <summary>The sequence space it takes: payload, SYN and FIN.</summary>
    public readonly uint Length =>
        (uint)Payload.Length + ((uint)Flags & (uint)TcpFlags.Fin) + (((uint)Flags & (uint)TcpFlags.Syn) >> 1);

    /// <summary>The sequence number after its last one.</summary>
    public readonly uint End => Sequence + Length;

    public readonly bool Has(TcpFlags flags) => (Flags & flags) == flags;
}
