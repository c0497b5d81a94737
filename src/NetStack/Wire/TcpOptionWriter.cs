using System.Buffers.Binary;

namespace Onetun.NetStack;

/// <summary>Writes TCP options. Each method returns the number of bytes written, which is always a multiple of four.</summary>
internal static class TcpOptionWriter
{
    public const int MaxLength = 40;

    private const byte Nop = (byte)TcpOptionKind.NoOperation;

    /// <summary>Writes the options of a SYN or SYN-ACK; a <paramref name="windowScale"/> of -1 is left out.</summary>
    public static int WriteSyn(
        Span<byte> destination, ushort mss, int windowScale, bool sackPermitted, bool timestamps, uint tsVal, uint tsEcr)
    {
        destination[0] = (byte)TcpOptionKind.MaximumSegmentSize;
        destination[1] = 4;
        BinaryPrimitives.WriteUInt16BigEndian(destination[2..], mss);
        var length = 4;
        if (timestamps)
        {
            length += WriteTimestamp(destination[length..], tsVal, tsEcr);
        }
        else if (sackPermitted)
        {
            destination[length] = Nop;
            destination[length + 1] = Nop;
            length += 4;
        }

        if (sackPermitted)
        {
            // With timestamps it takes the place of the two NOPs before them
            var at = timestamps ? length - TcpHeaderOptions.TimestampLength : length - 2;
            destination[at] = (byte)TcpOptionKind.SackPermitted;
            destination[at + 1] = 2;
        }

        if (windowScale >= 0)
        {
            destination[length] = Nop;
            destination[length + 1] = (byte)TcpOptionKind.WindowScale;
            destination[length + 2] = 3;
            destination[length + 3] = (byte)windowScale;
            length += 4;
        }

        return length;
    }

    /// <summary>Writes NOP, NOP and timestamps: 12 bytes, in the form that header prediction expects.</summary>
    public static int WriteTimestamp(Span<byte> destination, uint tsVal, uint tsEcr)
    {
        BinaryPrimitives.WriteUInt32BigEndian(destination, TcpHeaderOptions.TimestampPrefix);
        BinaryPrimitives.WriteUInt32BigEndian(destination[4..], tsVal);
        BinaryPrimitives.WriteUInt32BigEndian(destination[8..], tsEcr);
        return TcpHeaderOptions.TimestampLength;
    }

    /// <summary>
    /// Writes NOP, NOP and SACK, or nothing without blocks. There is room for four blocks, or three after timestamps.
    /// </summary>
    public static int WriteSack(Span<byte> destination, ReadOnlySpan<SackBlock> blocks)
    {
        if (blocks.IsEmpty)
        {
            return 0;
        }

        destination[0] = Nop;
        destination[1] = Nop;
        destination[2] = (byte)TcpOptionKind.Sack;
        destination[3] = (byte)(2 + blocks.Length * 8);
        var length = 4;
        foreach (var block in blocks)
        {
            BinaryPrimitives.WriteUInt32BigEndian(destination[length..], block.Left);
            BinaryPrimitives.WriteUInt32BigEndian(destination[(length + 4)..], block.Right);
            length += 8;
        }

        return length;
    }
}
