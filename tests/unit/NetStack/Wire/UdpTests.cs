using CsCheck;
using Onetun.Tests.Support;
using PacketDotNet;
using PacketDotNet.Utils;

namespace Onetun.NetStack.Tests;

[Collection(Alone.Name)]
public sealed class UdpTests
{
    private static readonly FlowKey Flow4 = new(
        IpAddress.FromIpv4(0x0A000001), IpAddress.FromIpv4(0x0A000002), 53, 50_000);

    private static readonly FlowKey Flow6 = new(
        new IpAddress(0xFD00_0000_0000_0000, 1), new IpAddress(0xFD00_0000_0000_0000, 2), 53, 50_000);

    [Fact]
    public void What_is_written_is_read_back_by_us_and_by_PacketDotNet() =>
        Gen.Select(PacketGenerator.Flow, Gen.Byte.Array[0, 1400]).Sample(
            (flow, payload) =>
            {
                var packet = Write(flow.Reversed, payload);
                Assert.True(UdpDatagram.TryRead(packet, out var datagram));
                Assert.Equal(flow, datagram.Flow);
                Assert.Equal(payload, datagram.Payload.ToArray());

                PacketDotNetSetup.KeepPayloadsRaw();
                IPPacket ip = flow.Local.IsIPv4
                    ? new IPv4Packet(new ByteArraySegment(packet))
                    : new IPv6Packet(new ByteArraySegment(packet));
                var udp = (UdpPacket)ip.PayloadPacket;
                Assert.Equal(flow.RemotePort, udp.SourcePort);
                Assert.Equal(flow.LocalPort, udp.DestinationPort);
                Assert.Equal(payload, udp.PayloadData);
                Assert.True(udp.Checksum == ushort.MaxValue || udp.ValidUdpChecksum);
            },
            iter: 1000);

    [Fact]
    public void Ipv4_datagram_without_checksum_is_accepted()
    {
        var packet = Write(Flow4, [1, 2, 3]);
        packet[26] = packet[27] = 0;
        Assert.True(UdpDatagram.TryRead(packet, out _));
    }

    [Fact]
    public void Ipv6_datagram_without_checksum_is_refused()
    {
        var packet = Write(Flow6, [1, 2, 3]);
        packet[46] = packet[47] = 0;
        Assert.False(UdpDatagram.TryRead(packet, out _));
    }

    [Fact]
    public void Wrong_checksum_is_refused()
    {
        var packet = Write(Flow4, [1, 2, 3]);
        packet[^1] ^= 1;
        Assert.False(UdpDatagram.TryRead(packet, out _));
    }

    [Fact]
    public void Checksum_of_zero_is_sent_as_ffff()
    {
        for (var value = 0; value <= ushort.MaxValue; value++)
        {
            var packet = Write(Flow4, [(byte)(value >> 8), (byte)value]);
            Assert.False(packet[26] == 0 && packet[27] == 0);
        }
    }

    [Theory]
    [InlineData(7, false)]
    [InlineData(8, true)]
    [InlineData(10, true)]
    [InlineData(11, true)]
    [InlineData(12, false)]
    public void Length_field_rules_the_payload(byte length, bool accepted)
    {
        var packet = Write(Flow4, [1, 2, 3]);
        packet[25] = length;
        packet[26] = packet[27] = 0;
        Assert.Equal(accepted, UdpDatagram.TryRead(packet, out var datagram));
        Assert.Equal(accepted ? length - 8 : 0, datagram.Payload.Length);
    }

    [Fact]
    public void Every_truncation_is_refused()
    {
        var packet = Write(Flow4, [1, 2, 3]);
        for (var length = 0; length < packet.Length; length++)
        {
            Assert.False(UdpDatagram.TryRead(packet.AsSpan(0, length), out _));
        }
    }

    [Fact]
    public void Reading_and_writing_allocate_nothing()
    {
        var payload = new byte[100];
        var packet = new byte[128];
        UdpWriter.Write(packet, Flow4, payload);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            UdpWriter.Write(packet, Flow4, payload);
            UdpDatagram.TryRead(packet, out _);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static byte[] Write(FlowKey flow, byte[] payload)
    {
        var packet = new byte[UdpWriter.HeaderLength(flow) + payload.Length];
        Assert.Equal(packet.Length, UdpWriter.Write(packet, flow, payload));
        return packet;
    }
}
