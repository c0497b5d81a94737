using System.Buffers.Binary;

namespace Onetun.Capture;

/// <summary>The headers of a classic pcap file (draft-ietf-opsawg-pcap), little-endian.</summary>
internal static class PcapFormat
{
    /// <summary>Size of the header of the file.</summary>
    public const int FileHeaderSize = 24;

    /// <summary>Size of the header in front of each packet.</summary>
    public const int RecordHeaderSize = 16;

    /// <summary>No IP packet is longer.</summary>
    public const int SnapLength = 65535;

    private const uint MicrosecondMagic = 0xA1B2C3D4;
    private const int LinkTypeRaw = 101;

    public static void WriteFileHeader(Span<byte> header)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(header, MicrosecondMagic);
        BinaryPrimitives.WriteUInt16LittleEndian(header[4..], 2);
        BinaryPrimitives.WriteUInt16LittleEndian(header[6..], 4);
        header[8..16].Clear();
        BinaryPrimitives.WriteInt32LittleEndian(header[16..], SnapLength);
        BinaryPrimitives.WriteInt32LittleEndian(header[20..], LinkTypeRaw);
    }

    public static void WriteRecordHeader(Span<byte> header, DateTime timestamp, int capturedLength, int originalLength)
    {
        var (seconds, ticks) = Math.DivRem(timestamp.Ticks - DateTime.UnixEpoch.Ticks, TimeSpan.TicksPerSecond);
        BinaryPrimitives.WriteUInt32LittleEndian(header, (uint)seconds);
        BinaryPrimitives.WriteUInt32LittleEndian(header[4..], (uint)(ticks / TimeSpan.TicksPerMicrosecond));
        BinaryPrimitives.WriteInt32LittleEndian(header[8..], capturedLength);
        BinaryPrimitives.WriteInt32LittleEndian(header[12..], originalLength);
    }
}
