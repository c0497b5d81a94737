namespace Onetun.NetStack;

/// <summary>
/// One direction's sequence numbers as 64-bit positions: 0 is the SYN, 1 the first byte of data, and the FIN has the position
/// after the last byte. The stack compares positions, which never wrap; only the wire's numbers do (RFC 9293 §3.4).
/// </summary>
internal readonly record struct SequenceSpace(uint Initial)
{
    /// <summary>The 32-bit sequence number of a position.</summary>
    public uint Wrap(long position) => Initial + (uint)position;

    /// <summary>The position nearest to <paramref name="near"/> with this sequence number, within 2 GiB either way.</summary>
    public long Unwrap(uint number, long near) => near + (int)(number - Wrap(near));
}
