using System.Buffers.Binary;

namespace Onetun.Capture;

/// <summary>Whether some bits of a field lie in a range.</summary>
/// <param name="Field">Which kind of field.</param>
/// <param name="Offset">Where it is.</param>
/// <param name="Mask">Its bits that count.</param>
/// <param name="Low">The least that they may be.</param>
/// <param name="High">The most that they may be, at least <paramref name="Low"/>.</param>
internal readonly record struct FilterTest(FilterField Field, ushort Offset, uint Mask, uint Low, uint High)
{
    public static FilterTest ByteIs(ushort offset, uint value, uint mask = byte.MaxValue) =>
        new(FilterField.Byte, offset, mask, value, value);

    /// <summary>Runs the test, unless the packet ends before the field.</summary>
    public bool TryRun(ReadOnlySpan<byte> packet, out bool holds)
    {
        var isThere = TryRead(packet, out var value);
        holds = (value & Mask) - Low <= High - Low;
        return isThere;
    }

    private bool TryRead(ReadOnlySpan<byte> packet, out uint value)
    {
        value = 0;
        var offset = (int)Offset;
        if (Field == FilterField.HalfBehindIpv4)
        {
            if (packet.IsEmpty)
            {
                return false;
            }

            offset += 4 * (packet[0] & 0xF);
        }

        if (offset >= packet.Length)
        {
            return false;
        }

        var rest = packet[offset..];
        switch (Field)
        {
            case FilterField.Byte:
                value = rest[0];
                return true;
            case FilterField.Word:
                return BinaryPrimitives.TryReadUInt32BigEndian(rest, out value);
            default:
                var isThere = BinaryPrimitives.TryReadUInt16BigEndian(rest, out var half);
                value = half;
                return isThere;
        }
    }
}
