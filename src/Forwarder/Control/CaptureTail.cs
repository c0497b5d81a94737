using System.Buffers.Binary;

namespace Onetun.Forwarder.Control;

/// <summary>
/// The end of a pcapng file that passes, where its statistics are: a block for each interface, told from behind by its length.
/// </summary>
internal sealed class CaptureTail
{
    private const int Longest = 1024;
    private const uint InterfaceStatistics = 5;
    private const int OptionsAt = 20;
    private const ushort DroppedOption = 5;

    private readonly byte[] _bytes = new byte[Longest];
    private int _length;

    /// <summary>Takes the next bytes of the file.</summary>
    public void Add(ReadOnlySpan<byte> bytes)
    {
        bytes = bytes[Math.Max(0, bytes.Length - Longest)..];
        var kept = Math.Min(_length, Longest - bytes.Length);
        _bytes.AsSpan(_length - kept, kept).CopyTo(_bytes);
        bytes.CopyTo(_bytes.AsSpan(kept));
        _length = kept + bytes.Length;
    }

    /// <summary>The packets that found no room, on all interfaces; 0 if the file does not tell.</summary>
    public long ReadDropped()
    {
        var dropped = 0L;
        var rest = _bytes.AsSpan(0, _length);
        while (rest.Length > OptionsAt
            && BinaryPrimitives.ReadInt32LittleEndian(rest[^4..]) is var length && length > OptionsAt && length <= rest.Length
            && BinaryPrimitives.ReadUInt32LittleEndian(rest[^length..]) == InterfaceStatistics)
        {
            dropped += DroppedIn(rest[(rest.Length - length + OptionsAt)..^4]);
            rest = rest[..^length];
        }

        return dropped;
    }

    private static long DroppedIn(ReadOnlySpan<byte> options)
    {
        while (options.Length >= 12)
        {
            if (BinaryPrimitives.ReadUInt16LittleEndian(options) == DroppedOption)
            {
                return BinaryPrimitives.ReadInt64LittleEndian(options[4..]);
            }

            options = options[Math.Min(options.Length, 4 + ((BinaryPrimitives.ReadUInt16LittleEndian(options[2..]) + 3) & ~3))..];
        }

        return 0;
    }
}
