using System.Buffers.Binary;
using System.Text.Unicode;

namespace Onetun.Capture;

/// <summary>Writes the options of a block one behind the other (draft-ietf-opsawg-pcapng §3.5).</summary>
internal ref struct PcapngOptions
{
    /// <summary>Bytes that a text takes at most, with its code, its length and its padding; a longer one is cut.</summary>
    public const int LongestText = 4 + 512;

    private readonly Span<byte> _room;
    private int _length;

    public PcapngOptions(Span<byte> room)
    {
        _room = room;
    }

    public static ulong Nanoseconds(DateTime time) =>
        (ulong)((time.Ticks - DateTime.UnixEpoch.Ticks) * TimeSpan.NanosecondsPerTick);

    private Span<byte> Rest => _room[_length..];

    public void Add(ushort code, uint value)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(Rest[4..], value);
        Begin(code, sizeof(uint));
    }

    public void Add(ushort code, ulong value)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(Rest[4..], value);
        Begin(code, sizeof(ulong));
    }

    /// <summary>A text in UTF-8.</summary>
    public void Add(ushort code, ReadOnlySpan<char> text)
    {
        Utf8.FromUtf16(text, Rest.Slice(4, LongestText - 4), out _, out var length);
        Begin(code, length);
    }

    /// <summary>A time, as the statistics of an interface have it: the upper half first.</summary>
    public void AddTime(ushort code, DateTime time) => Add(code, ulong.RotateLeft(Nanoseconds(time), 32));

    /// <summary>if_tsresol: 10 to the power of minus this is the unit of an interface's times.</summary>
    public void AddResolution(byte digits)
    {
        Rest[4] = digits;
        Begin(9, 1);
    }

    /// <summary>Writes the end of options, and returns the length of all of them in bytes.</summary>
    public int End()
    {
        Rest[..4].Clear();
        return _length + 4;
    }

    private void Begin(ushort code, int length)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(Rest, code);
        BinaryPrimitives.WriteUInt16LittleEndian(Rest[2..], (ushort)length);
        Rest.Slice(4 + length, -length & 3).Clear();
        _length += 4 + length + (-length & 3);
    }
}
