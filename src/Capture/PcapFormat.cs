using System.Buffers.Binary;

namespace Onetun.Capture;

/// <summary>A classic pcap file (draft-ietf-opsawg-pcap): little-endian, microseconds, LINKTYPE_RAW.</summary>
internal sealed class PcapFormat : IFileFormat
{
    private const int RecordHeaderSize = 16;
    private const uint MicrosecondMagic = 0xA1B2C3D4;
    private const int LinkTypeRaw = 101;

    private readonly byte[] _header = new byte[24];

    public PcapFormat(int snapLength)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(_header, MicrosecondMagic);
        BinaryPrimitives.WriteUInt16LittleEndian(_header.AsSpan(4), 2);
        BinaryPrimitives.WriteUInt16LittleEndian(_header.AsSpan(6), 4);
        BinaryPrimitives.WriteInt32LittleEndian(_header.AsSpan(16), snapLength);
        BinaryPrimitives.WriteInt32LittleEndian(_header.AsSpan(20), LinkTypeRaw);
    }

    public ReadOnlySpan<byte> Header => _header;

    public int EndLength => 0;

    public bool TryAdd(PacketRing ring, in CaptureRecord record)
    {
        var (seconds, ticks) = Math.DivRem(record.Timestamp.Ticks - DateTime.UnixEpoch.Ticks, TimeSpan.TicksPerSecond);
        Span<byte> head = stackalloc byte[RecordHeaderSize];
        BinaryPrimitives.WriteUInt32LittleEndian(head, (uint)seconds);
        BinaryPrimitives.WriteUInt32LittleEndian(head[4..], (uint)(ticks / TimeSpan.TicksPerMicrosecond));
        BinaryPrimitives.WriteInt32LittleEndian(head[8..], record.Bytes.Length);
        BinaryPrimitives.WriteInt32LittleEndian(head[12..], record.OriginalLength);
        return ring.TryAdd(head, record.Bytes);
    }

    public bool TryAddKeys(PacketRing ring, ReadOnlySpan<byte> keyLog) => true;

    public void End(PacketRing ring, DateTime now, in InterfaceCounters inner, in InterfaceCounters outer)
    {
        // Such a file just ends
    }
}
