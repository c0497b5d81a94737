using System.Buffers.Binary;
using PacketDotNet;
using SharpPcap;
using Xunit;

namespace Onetun.Capture.Tests;

/// <summary>Reads a pcap file back by the letter of the format, knowing nothing of the writer.</summary>
internal static class PcapFile
{
    public static List<RawCapture> Read(ReadOnlySpan<byte> file)
    {
        Assert.Equal(0xA1B2C3D4u, BinaryPrimitives.ReadUInt32LittleEndian(file));
        var captures = new List<RawCapture>();
        for (var rest = file[24..]; rest.Length > 0;)
        {
            var seconds = BinaryPrimitives.ReadUInt32LittleEndian(rest);
            var microseconds = BinaryPrimitives.ReadUInt32LittleEndian(rest[4..]);
            var captured = BinaryPrimitives.ReadInt32LittleEndian(rest[8..]);
            var original = BinaryPrimitives.ReadInt32LittleEndian(rest[12..]);
            var data = rest.Slice(16, captured).ToArray();
            captures.Add(new RawCapture(LinkLayers.Raw, new PosixTimeval(seconds, microseconds), data, original));
            rest = rest[(16 + captured)..];
        }

        return captures;
    }
}
