using System.Buffers;
using System.Buffers.Binary;

namespace Onetun.Capture;

/// <summary>
/// A pcapng file (draft-ietf-opsawg-pcapng): one little-endian section with the interfaces <c>inner</c> and <c>outer</c>, those that
/// are asked for, of LINKTYPE_RAW and in nanoseconds. One with both is for Wireshark alone: libpcap (1.10.3) refuses two interfaces
/// of LINKTYPE_RAW, since it compares the 101 of the second with the DLT_RAW that it has made of the first.
/// </summary>
internal sealed class PcapngFormat : IFileFormat
{
    private const uint SectionHeader = 0x0A0D0D0A;
    private const uint InterfaceDescription = 1;
    private const uint InterfaceStatistics = 5;
    private const uint EnhancedPacket = 6;
    private const uint DecryptionSecrets = 10;

    private const uint WireGuardKeyLog = 0x57474B4C;
    private const ushort LinkTypeRaw = 101;

    /// <summary>Type, length, interface, time, and both lengths of the packet.</summary>
    private const int PacketHeadSize = 28;

    /// <summary>Padding, flags, drops, a comment, the end of options and the length again.</summary>
    private const int PacketTailSize = 3 + 8 + 12 + PcapngOptions.LongestText + 4 + 4;

    private const int StatisticsSize = 20 + (5 * 12) + 4 + 4;

    private readonly ArrayBufferWriter<byte> _header = new();
    private readonly bool _hasInner;
    private readonly bool _hasOuter;

    public PcapngFormat(PcapOptions options)
    {
        _hasInner = options.Layers.HasFlag(TapLayers.Inner);
        _hasOuter = options.Layers.HasFlag(TapLayers.Outer);
        AddSection(options.Application);
        if (_hasInner)
        {
            AddInterface("inner", "packets inside the tunnel", options);
        }

        if (_hasOuter)
        {
            AddInterface("outer", "WireGuard's datagrams; their IP and UDP headers are made up from the addresses", options);
        }
    }

    public ReadOnlySpan<byte> Header => _header.WrittenSpan;

    public int EndLength => _hasInner && _hasOuter ? 2 * StatisticsSize : StatisticsSize;

    private int OuterId => _hasInner ? 1 : 0;

    public bool TryAdd(PacketRing ring, in CaptureRecord record)
    {
        Span<byte> tail = stackalloc byte[PacketTailSize];
        var options = new PcapngOptions(tail[Padding(record.Bytes.Length)..]);
        if (record.Direction is { } direction)
        {
            options.Add(2, direction == PacketDirection.Inbound ? 1u : 2u);
        }

        if (record.DroppedBefore > 0)
        {
            options.Add(4, (ulong)record.DroppedBefore);
        }

        if (record.Comment is not null)
        {
            options.Add(1, record.Comment);
        }

        tail = tail[..(Padding(record.Bytes.Length) + options.End() + 4)];
        Span<byte> head = stackalloc byte[PacketHeadSize];
        BinaryPrimitives.WriteUInt32LittleEndian(head, EnhancedPacket);
        BinaryPrimitives.WriteInt32LittleEndian(head[8..], record.IsOuter ? OuterId : 0);
        WriteTime(head[12..], record.Timestamp);
        BinaryPrimitives.WriteInt32LittleEndian(head[20..], record.Bytes.Length);
        BinaryPrimitives.WriteInt32LittleEndian(head[24..], record.OriginalLength);
        return TryAddBlock(ring, head, record.Bytes, tail);
    }

    /// <summary>A block of decryption secrets counts for the packets behind it.</summary>
    public bool TryAddKeys(PacketRing ring, ReadOnlySpan<byte> keyLog)
    {
        Span<byte> tail = stackalloc byte[Padding(keyLog.Length) + 4];
        Span<byte> head = stackalloc byte[16];
        BinaryPrimitives.WriteUInt32LittleEndian(head, DecryptionSecrets);
        BinaryPrimitives.WriteUInt32LittleEndian(head[8..], WireGuardKeyLog);
        BinaryPrimitives.WriteInt32LittleEndian(head[12..], keyLog.Length);
        return TryAddBlock(ring, head, keyLog, tail);
    }

    public void End(PacketRing ring, DateTime now, in InterfaceCounters inner, in InterfaceCounters outer)
    {
        if (_hasInner)
        {
            AddStatistics(ring, 0, now, inner);
        }

        if (_hasOuter)
        {
            AddStatistics(ring, OuterId, now, outer);
        }
    }

    private static void AddStatistics(PacketRing ring, int id, DateTime now, in InterfaceCounters counters)
    {
        Span<byte> block = stackalloc byte[StatisticsSize];
        BinaryPrimitives.WriteUInt32LittleEndian(block, InterfaceStatistics);
        BinaryPrimitives.WriteInt32LittleEndian(block[4..], StatisticsSize);
        BinaryPrimitives.WriteInt32LittleEndian(block[8..], id);
        WriteTime(block[12..], now);
        var options = new PcapngOptions(block[20..]);
        options.AddTime(2, counters.Since);
        options.AddTime(3, now);
        options.Add(4, (ulong)counters.Seen);
        options.Add(5, (ulong)counters.Dropped);
        options.Add(6, (ulong)counters.Accepted);
        options.End();
        BinaryPrimitives.WriteInt32LittleEndian(block[^4..], StatisticsSize);
        ring.TryAdd(block);
    }

    /// <summary>Adds a block, whose length stands behind its type and at its end.</summary>
    private bool TryAddBlock(PacketRing ring, Span<byte> head, ReadOnlySpan<byte> body, Span<byte> tail)
    {
        var length = head.Length + body.Length + tail.Length;
        BinaryPrimitives.WriteInt32LittleEndian(head[4..], length);
        BinaryPrimitives.WriteInt32LittleEndian(tail[^4..], length);
        return ring.TryAdd(head, body, tail, EndLength);
    }

    private void AddSection(string application)
    {
        Span<byte> block = stackalloc byte[24 + PcapngOptions.LongestText + 8];
        BinaryPrimitives.WriteUInt32LittleEndian(block, SectionHeader);
        BinaryPrimitives.WriteUInt32LittleEndian(block[8..], 0x1A2B3C4D);
        BinaryPrimitives.WriteUInt16LittleEndian(block[12..], 1);
        BinaryPrimitives.WriteInt64LittleEndian(block[16..], -1); // The length of a section that grows
        var options = new PcapngOptions(block[24..]);
        options.Add(4, application);
        Add(block, 24 + options.End());
    }

    private void AddInterface(string name, string description, PcapOptions capture)
    {
        Span<byte> block = stackalloc byte[16 + (3 * PcapngOptions.LongestText) + 16];
        BinaryPrimitives.WriteUInt32LittleEndian(block, InterfaceDescription);
        BinaryPrimitives.WriteUInt16LittleEndian(block[8..], LinkTypeRaw);
        BinaryPrimitives.WriteInt32LittleEndian(block[12..], capture.SnapLength);
        var options = new PcapngOptions(block[16..]);
        options.Add(2, name);
        options.Add(3, description);
        options.AddResolution(9);
        if (capture.Filter is { } filter)
        {
            options.Add(11, $"\0{filter}"); // Of its kinds, 0 is a filter in words
        }

        Add(block, 16 + options.End());
    }

    private void Add(Span<byte> block, int length)
    {
        BinaryPrimitives.WriteInt32LittleEndian(block[4..], length + 4);
        BinaryPrimitives.WriteInt32LittleEndian(block[length..], length + 4);
        _header.Write(block[..(length + 4)]);
    }

    private static int Padding(int length) => -length & 3;

    private static void WriteTime(Span<byte> at, DateTime time)
    {
        var nanoseconds = PcapngOptions.Nanoseconds(time);
        BinaryPrimitives.WriteUInt32LittleEndian(at, (uint)(nanoseconds >> 32));
        BinaryPrimitives.WriteUInt32LittleEndian(at[4..], (uint)nanoseconds);
    }
}
