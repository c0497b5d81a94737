using CsCheck;
using Onetun.Tests.Support;

namespace Onetun.NetStack.Tests;

[Collection(Alone.Name)]
public sealed class TcpHeaderTemplateTests
{
    [Fact]
    public void Packets_equal_those_of_PacketDotNet() =>
        PacketGenerator.Segment.Sample(
            segment =>
            {
                var expected = segment.ToBytes();
                var actual = Write(segment);
                Normalise(expected, actual);
                Assert.Equal(expected, actual);
            },
            iter: 2000);

    [Fact]
    public void What_is_written_is_read_back() =>
        PacketGenerator.Segment.Sample(
            expected =>
            {
                Assert.Equal(ReadResult.Ok, SegmentReader.TryRead(Write(expected), out var segment));
                Assert.Equal(expected.Flow, segment.Flow);
                Assert.Equal(expected.Sequence, segment.Sequence);
                Assert.Equal(expected.Acknowledgment, segment.Acknowledgment);
                Assert.Equal((TcpFlags)expected.Flags, segment.Flags);
                Assert.Equal(expected.Window, segment.Window);
                Assert.Equal(expected.Payload, segment.Payload.ToArray());
            },
            iter: 2000);

    [Fact]
    public void Ipv4_packets_forbid_fragmentation_and_carry_no_identification()
    {
        var flow = new FlowKey(IpAddress.FromIpv4(0x0A000001), IpAddress.FromIpv4(0x0A000002), 1, 2);
        var packet = new byte[40];
        new TcpHeaderTemplate(flow).Write(packet, 0, 0, TcpFlags.Ack, 0, [], 0, 0);
        Assert.Equal([0, 0, 0x40, 0], packet[4..8]);
        Assert.Equal(64, packet[8]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Ecn_field_is_in_the_packet_and_its_checksum(bool ipv6)
    {
        FlowKey flow = ipv6
            ? new(new IpAddress(0xFDUL << 56, 1), new IpAddress(0xFDUL << 56, 2), 1, 2)
            : new(IpAddress.FromIpv4(0x0A000001), IpAddress.FromIpv4(0x0A000002), 1, 2);
        var template = new TcpHeaderTemplate(flow);
        foreach (var ecn in new[] { EcnField.Ect0, EcnField.Ce, EcnField.Ect1, EcnField.NotEct })
        {
            var packet = new byte[template.IpHeaderLength + 20];
            template.Write(packet, 5, 6, TcpFlags.Ack | TcpFlags.Cwr, 7, [], 0, 0, ecn);
            Assert.Equal(ReadResult.Ok, SegmentReader.TryRead(packet, out var segment));
            Assert.Equal((ecn, TcpFlags.Ack | TcpFlags.Cwr), (segment.Ecn, segment.Flags));
        }
    }

    [Fact]
    public void Writing_allocates_nothing()
    {
        var flow = new FlowKey(IpAddress.FromIpv4(0x0A000001), IpAddress.FromIpv4(0x0A000002), 1, 2);
        var template = new TcpHeaderTemplate(flow);
        var packet = new byte[1500];
        var options = new byte[12];
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (uint i = 0; i < 1000; i++)
        {
            template.Write(packet, i, i, TcpFlags.Ack, 1000, options, 1400, i);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    // The template writes from local to remote, the generator makes packets from remote to local
    private static byte[] Write(PlainSegment segment)
    {
        var template = new TcpHeaderTemplate(segment.Flow.Reversed);
        var header = template.IpHeaderLength + 20 + segment.Options.Length;
        var packet = new byte[header + segment.Payload.Length];
        var sum = Checksum.CopyAndAdd(segment.Payload, packet.AsSpan(header));
        template.Write(
            packet, segment.Sequence, segment.Acknowledgment, (TcpFlags)segment.Flags, segment.Window,
            segment.Options, segment.Payload.Length, sum);
        return packet;
    }

    // PacketDotNet sets neither DF nor our hop limit
    private static void Normalise(params byte[][] packets)
    {
        foreach (var packet in packets)
        {
            if (packet[0] >> 4 == 4)
            {
                packet[6] = packet[8] = packet[10] = packet[11] = 0;
                continue;
            }

            packet[7] = 0;
        }
    }
}
