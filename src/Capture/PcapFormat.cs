using System.Buffers.Binary;

namespace Onetun.Capture;

/// <summary>A classic pcap file (draft-ietf-opsawg-pcap): little-endian, microseconds, LINKTYPE_RAW.</summary>
internal static class PcapFormat
{
    private const int FileHeaderSize = 24;
    private const int RecordHeaderSize = 16;

    /// <summary>No packet that passes a tunnel is longer.</summary>
    private const int SnapLength = 65535;

    private const uint MicrosecondMagic = 0xA1B2C3D4;
    private const int LinkTypeRaw = 101;

    /// <summary>Adds the header of the file, if there is room.</summary>
    public static bool TryBegin(PacketRing ring)
    {
        Span<byte> header = stackalloc byte[FileHeaderSize];
        BinaryPrimitives.WriteUInt32LittleEndian(header, MicrosecondMagic);
        BinaryPrimitives.WriteUInt16LittleEndian(header[4..], 2);
        BinaryPrimitives.WriteUInt16LittleEndian(header[6..], 4);
        header[8..16].Clear();
        BinaryPrimitives.WriteInt32LittleEndian(header[16..], SnapLength);
        BinaryPrimitives.WriteInt32LittleEndian(header[20..], LinkTypeRaw);
        return ring.TryAdd(header, []);
    }

    /// <summary>Adds a packet with its header, if there is room.</summary>
    public static bool TryAdd(PacketRing ring, DateTime timestamp, ReadOnlySpan<byte> packet, int originalLength)
    {
        var captured = packet[..Math.Min(packet.Length, SnapLength)];
        var (seconds, ticks) = Math.DivRem(timestamp.Ticks - DateTime.UnixEpoch.Ticks, TimeSpan.TicksPerSecond);
        Span<byte> header = stackalloc byte[RecordHeaderSize];
        BinaryPrimitives.WriteUInt32LittleEndian(header, (uint)seconds);
        BinaryPrimitives.WriteUInt32LittleEndian(header[4..], (uint)(ticks / TimeSpan.TicksPerMicrosecond));
        BinaryPrimitives.WriteInt32LittleEndian(header[8..], captured.Length);
        BinaryPrimitives.WriteInt32LittleEndian(header[12..], originalLength);
        return ring.TryAdd(header, captured);
    }
}
