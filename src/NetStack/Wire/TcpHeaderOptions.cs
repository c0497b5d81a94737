using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Onetun.NetStack;

/// <summary>What the options of a segment said.</summary>
internal struct TcpHeaderOptions
{
    public const int MaxSackBlocks = 4;

    /// <summary>RFC 7323 §2.3: a larger shift is used as this one.</summary>
    public const sbyte MaxWindowScale = 14;

    // NOP NOP kind 8 length 10, the form RFC 7323 appendix A recommends and everyone sends
    internal const uint TimestampPrefix = 0x0101_080A;
    internal const int TimestampLength = 12;

    private SackBlocks _sack;

    /// <summary>0 when absent.</summary>
    public ushort Mss { get; private set; }

    /// <summary>-1 when absent.</summary>
    public sbyte WindowScale { get; private set; }

    public bool SackPermitted { get; private set; }

    public bool HasTimestamp { get; private set; }

    public uint TimestampValue { get; private set; }

    public uint TimestampEcho { get; private set; }

    public int SackCount { get; private set; }

    /// <summary>No options at all.</summary>
    public static TcpHeaderOptions None => new() { WindowScale = -1 };

    public readonly SackBlock GetSack(int i) =>
        (uint)i < (uint)SackCount ? _sack[i] : throw new ArgumentOutOfRangeException(nameof(i));

    /// <summary>
    /// Reads the option bytes of a segment; false when a length cannot be right, so that the whole segment is in doubt
    /// (RFC 9293 §3.1, MUST-7). Unknown kinds, and known ones of a strange length, are skipped. What only a SYN may
    /// say is heard only there.
    /// </summary>
    public static bool TryRead(ReadOnlySpan<byte> options, bool syn, out TcpHeaderOptions result)
    {
        result = None;
        if (options.Length == TimestampLength && BinaryPrimitives.ReadUInt32BigEndian(options) == TimestampPrefix)
        {
            result.SetTimestamp(options[4..]);
            return true;
        }

        while (!options.IsEmpty && options[0] != (byte)TcpOptionKind.EndOfList)
        {
            if (options[0] == (byte)TcpOptionKind.NoOperation)
            {
                options = options[1..];
                continue;
            }

            if (options.Length < 2 || options[1] < 2 || options[1] > options.Length)
            {
                return false;
            }

            result.Set((TcpOptionKind)options[0], options[2..options[1]], syn);
            options = options[options[1]..];
        }

        return true;
    }

    private void Set(TcpOptionKind kind, ReadOnlySpan<byte> value, bool syn)
    {
        switch (kind)
        {
            case TcpOptionKind.MaximumSegmentSize when syn && value.Length == 2:
                Mss = BinaryPrimitives.ReadUInt16BigEndian(value);
                break;
            case TcpOptionKind.WindowScale when syn && value.Length == 1:
                WindowScale = (sbyte)Math.Min(value[0], (byte)MaxWindowScale);
                break;
            case TcpOptionKind.SackPermitted when syn && value.IsEmpty:
                SackPermitted = true;
                break;
            case TcpOptionKind.Timestamps when value.Length == 8:
                SetTimestamp(value);
                break;
            case TcpOptionKind.Sack when value.Length % 8 == 0:
                SetSack(value);
                break;
        }
    }

    private void SetTimestamp(ReadOnlySpan<byte> value)
    {
        HasTimestamp = true;
        TimestampValue = BinaryPrimitives.ReadUInt32BigEndian(value);
        TimestampEcho = BinaryPrimitives.ReadUInt32BigEndian(value[4..]);
    }

    private void SetSack(ReadOnlySpan<byte> value)
    {
        SackCount = Math.Min(value.Length / 8, MaxSackBlocks);
        for (var i = 0; i < SackCount; i++)
        {
            var block = value.Slice(i * 8, 8);
            _sack[i] = new SackBlock(
                BinaryPrimitives.ReadUInt32BigEndian(block),
                BinaryPrimitives.ReadUInt32BigEndian(block[4..]));
        }
    }

    [InlineArray(MaxSackBlocks)]
    private struct SackBlocks
    {
        private SackBlock _first;
    }
}
