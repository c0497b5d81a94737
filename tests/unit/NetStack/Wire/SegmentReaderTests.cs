using CsCheck;
using Onetun.Tests.Support;
using PacketDotNet;
using PacketDotNet.Utils;

namespace Onetun.NetStack.Tests;

[Collection(Alone.Name)]
public sealed class SegmentReaderTests
{
    private static readonly FlowKey Flow4 = new(
        IpAddress.FromIpv4(0x0A000001), IpAddress.FromIpv4(0x0A000002), 80, 50_000);

    private static readonly FlowKey Flow6 = new(
        new IpAddress(0xFD00_0000_0000_0000, 1), new IpAddress(0xFD00_0000_0000_0000, 2), 80, 50_000);

    [Fact]
    public void Both_readers_agree_with_PacketDotNet() =>
        PacketGenerator.Segment.Sample(
            plain =>
            {
                var bytes = plain.ToBytes();
                var expected = ReadWithPacketDotNet(bytes);
                Assert.Equal(ReadResult.Ok, SegmentReader.TryRead(bytes, out var segment));
                AssertSame(expected, segment);
                Assert.Equal(plain.Flow, segment.Flow);

                Assert.Equal(ReadResult.Ok, new PacketReader().TryReadTcp(bytes, out segment));
                AssertSame(expected, segment);
                Assert.Equal(plain.Flow, segment.Flow);
            },
            iter: 1000);

    [Theory]
    [InlineData(4)]
    [InlineData(6)]
    public void Every_truncation_is_malformed(int version)
    {
        var packet = Packet(version);
        for (var length = 0; length < packet.Length; length++)
        {
            Assert.Equal(ReadResult.Malformed, SegmentReader.TryRead(packet.AsSpan(0, length), out _));
            Assert.Equal(ReadResult.Malformed, new PacketReader().TryReadTcp(packet.AsSpan(0, length), out _));
        }
    }

    [Theory]
    [InlineData(4)]
    [InlineData(6)]
    public void Padding_behind_the_packet_is_not_payload(int version)
    {
        byte[] padded = [.. Packet(version), .. new byte[15]];
        Assert.Equal(ReadResult.Ok, SegmentReader.TryRead(padded, out var segment));
        Assert.Equal(4, segment.Payload.Length);
    }

    [Theory]
    [InlineData(4)]
    [InlineData(6)]
    public void Every_flipped_bit_that_the_checksums_cover_is_noticed(int version)
    {
        var packet = Packet(version);
        for (var bit = 0; bit < packet.Length * 8; bit++)
        {
            // Nothing protects the first four bytes and the hop limit of IPv6
            if (version == 6 && bit / 8 is < 4 or 7)
            {
                continue;
            }

            byte[] damaged = [.. packet];
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.NotEqual(ReadResult.Ok, SegmentReader.TryRead(damaged, out _));
            Assert.NotEqual(ReadResult.Ok, new PacketReader().TryReadTcp(damaged, out _));
        }
    }

    [Fact]
    public void Wrong_checksum_has_a_name()
    {
        var packet = Packet(4);
        packet[^1] ^= 1;
        Assert.Equal(ReadResult.BadChecksum, SegmentReader.TryRead(packet, out _));
        packet = Packet(4);
        packet[8]--;
        Assert.Equal(ReadResult.BadChecksum, SegmentReader.TryRead(packet, out _));
    }

    [Theory]
    [InlineData(0x20, 0)]
    [InlineData(0x00, 1)]
    [InlineData(0x1F, 0)]
    public void Ipv4_fragments_are_left_for_reassembly(byte high, byte low)
    {
        var packet = Packet(4);
        packet[6] = high;
        packet[7] = low;
        PacketEdit.FixIpv4Checksum(packet);
        Assert.Equal(ReadResult.Fragment, SegmentReader.TryRead(packet, out _));
        Assert.Equal(ReadResult.Fragment, new PacketReader().TryReadTcp(packet, out _));
    }

    [Theory]
    [InlineData(4)]
    [InlineData(6)]
    public void Other_protocols_are_not_tcp(int version)
    {
        var packet = new byte[100];
        var length = UdpWriter.Write(packet, version == 4 ? Flow4 : Flow6, new byte[10]);
        Assert.Equal(ReadResult.NotTcp, SegmentReader.TryRead(packet.AsSpan(0, length), out _));
        Assert.Equal(ReadResult.NotTcp, new PacketReader().TryReadTcp(packet.AsSpan(0, length), out _));
    }

    [Theory]
    [InlineData(0xE000_0001)]
    [InlineData(0xFFFF_FFFF)]
    public void Group_as_source_is_forbidden(uint source)
    {
        var packet = new PlainSegment(
            Flow4 with { Remote = IpAddress.FromIpv4(source) }, 1, 2, 16, 3, [], [1]).ToBytes();
        Assert.Equal(ReadResult.ForbiddenSource, SegmentReader.TryRead(packet, out _));
        Assert.Equal(ReadResult.ForbiddenSource, new PacketReader().TryReadTcp(packet, out _));
    }

    [Theory]
    [InlineData(TcpFlags.Ack, 4)]
    [InlineData(TcpFlags.Syn, 5)]
    [InlineData(TcpFlags.Fin | TcpFlags.Ack, 5)]
    [InlineData(TcpFlags.Syn | TcpFlags.Fin, 6)]
    internal void Length_counts_syn_and_fin(TcpFlags flags, uint length)
    {
        var packet = new PlainSegment(Flow4, uint.MaxValue, 2, (byte)flags, 3, [], [1, 2, 3, 4]).ToBytes();
        Assert.Equal(ReadResult.Ok, SegmentReader.TryRead(packet, out var segment));
        Assert.Equal(length, segment.Length);
        Assert.Equal(length - 1, segment.End);
    }

    [Theory]
    [InlineData(4)]
    [InlineData(6)]
    public void Both_readers_see_the_ecn_field(int version)
    {
        foreach (var ecn in Enum.GetValues<EcnField>())
        {
            var packet = Packet(version);
            packet[1] = version == 4 ? (byte)0xB8 : (byte)0x80; // Whatever the rest of the class and the flow label are
            PacketEdit.SetEcn(packet, ecn);
            Assert.Equal(ReadResult.Ok, SegmentReader.TryRead(packet, out var segment));
            Assert.Equal(ecn, segment.Ecn);
            Assert.Equal(ReadResult.Ok, new PacketReader().TryReadTcp(packet, out segment));
            Assert.Equal(ecn, segment.Ecn);
        }
    }

    [Theory]
    [InlineData(4)]
    [InlineData(6)]
    public void Reading_allocates_nothing(int version)
    {
        var packet = Packet(version);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            SegmentReader.TryRead(packet, out _);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static byte[] Packet(int version) => new PlainSegment(
        version == 4 ? Flow4 : Flow6, 1000, 2000, 24, 512, [1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2], [1, 2, 3, 4]).ToBytes();

    private static TcpPacket ReadWithPacketDotNet(byte[] bytes)
    {
        PacketDotNetSetup.KeepPayloadsRaw();
        var all = new ByteArraySegment(bytes);
        IPPacket ip = bytes[0] >> 4 == 4 ? new IPv4Packet(all) : new IPv6Packet(all);
        return (TcpPacket)ip.PayloadPacket;
    }

    private static void AssertSame(TcpPacket expected, in TcpSegment actual)
    {
        Assert.Equal(expected.SourcePort, actual.Flow.RemotePort);
        Assert.Equal(expected.DestinationPort, actual.Flow.LocalPort);
        Assert.Equal(expected.SequenceNumber, actual.Sequence);
        Assert.Equal(expected.AcknowledgmentNumber, actual.Acknowledgment);
        Assert.Equal(expected.Flags, (ushort)actual.Flags);
        Assert.Equal(expected.WindowSize, actual.Window);
        Assert.Equal(expected.PayloadData ?? [], actual.Payload.ToArray());
    }
}
