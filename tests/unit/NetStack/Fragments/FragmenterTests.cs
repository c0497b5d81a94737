using System.Buffers.Binary;
using CsCheck;
using Onetun.Tests.Support;
using PacketDotNet;
using PacketDotNet.Utils;

namespace Onetun.NetStack.Tests;

[Collection(Alone.Name)]
public sealed class FragmenterTests
{
    [Fact]
    public void Fragments_join_to_the_payload_and_agree_with_PacketDotNet() =>
        Gen.Select(PacketGenerator.Flow, Gen.Int[1000, 5000], Gen.Int[68, 1500], Gen.UInt).Sample(
            (flow, length, mtu, identification) =>
            {
                var packet = FragmentEdit.Packet(flow, length);
                List<byte> payload = [];
                var fragments = FragmentEdit.Cut(packet, Math.Min(mtu, length), identification);
                foreach (var fragment in fragments)
                {
                    var isLast = fragment == fragments[^1];
                    var data = flow.Local.IsIPv4
                        ? ReadIpv4(fragment, packet, payload.Count, !isLast, (ushort)identification)
                        : ReadIpv6(fragment, packet, payload.Count, !isLast, identification);
                    Assert.True(isLast || data.Length % 8 == 0);
                    payload.AddRange(data);
                }

                Assert.True(fragments.Count > 1);
                Assert.Equal(packet[^length..], payload);
            },
            iter: 100);

    [Theory]
    [InlineData(4, 65_515)]
    [InlineData(6, 65_535)]
    public void Longest_packet_is_cut(int version, int payload)
    {
        var packet = FragmentEdit.Packet(FragmentEdit.Flow(version), payload);
        var fragments = FragmentEdit.Cut(packet, 1280);
        Assert.Equal(version == 4 ? 53 : 54, fragments.Count);
        Assert.All(fragments, f => Assert.True(IpHeader.TryRead(f, out var header) && header.IsFragment));
    }

    [Theory]
    [InlineData(4, 1300, 2563, new[] { 1300, 1300, 23 })]
    [InlineData(4, 1303, 2563, new[] { 1300, 1303 })]
    [InlineData(6, 1296, 2503, new[] { 1296, 1296, 55 })]
    [InlineData(6, 1303, 2503, new[] { 1296, 1303 })]
    public void Fragments_are_as_long_as_eights_allow_and_the_last_may_be_longer(
        int version, int mtu, int payload, int[] lengths)
    {
        var packet = FragmentEdit.Packet(FragmentEdit.Flow(version), payload);
        Assert.Equal(lengths, FragmentEdit.Cut(packet, mtu).Select(f => f.Length));
    }

    [Theory]
    [InlineData(4, 28)]
    [InlineData(6, 56)]
    public void Smallest_mtu_has_room_for_eight_bytes(int version, int mtu)
    {
        var packet = FragmentEdit.Packet(FragmentEdit.Flow(version), 81);
        Assert.Equal(11, FragmentEdit.Cut(packet, mtu).Count);
        Assert.Throws<ArgumentOutOfRangeException>(() => FragmentEdit.Cut(packet, mtu - 1));
    }

    [Theory]
    [InlineData(IpProtocol.HopByHop)]
    [InlineData(IpProtocol.Routing)]
    [InlineData(IpProtocol.Fragment)]
    public void Extension_headers_are_refused(byte kind)
    {
        var packet = PacketEdit.WithExtension(FragmentEdit.Packet(FragmentEdit.Flow6, 2000), kind, new byte[8]);
        Assert.Throws<ArgumentException>(() => FragmentEdit.Cut(packet, 1280));
    }

    [Fact]
    public void Ipv4_options_are_refused()
    {
        var packet = PacketEdit.WithIpv4Options(FragmentEdit.Packet(FragmentEdit.Flow4, 2000), [1, 1, 1, 0]);
        Assert.Throws<ArgumentException>(() => FragmentEdit.Cut(packet, 1280));
    }

    [Fact]
    public void Cutting_allocates_nothing()
    {
        var packet = FragmentEdit.Packet(FragmentEdit.Flow6, 60_000);
        var buffer = new byte[1280];
        CutAll();
        Assert.Equal(0, Allocation.LeastOf(CutAll));

        void CutAll()
        {
            var offset = 0;
            while (Fragmenter.TryNext(packet, buffer.Length, ref offset, 1, buffer, out _))
            {
            }
        }
    }

    private static byte[] ReadIpv4(byte[] fragment, byte[] packet, int offset, bool more, ushort identification)
    {
        var ip = new IPv4Packet(new ByteArraySegment(fragment));
        Assert.Equal(fragment.Length, ip.TotalLength);
        Assert.Equal(identification, ip.Id);
        Assert.Equal(offset, ip.FragmentOffset * 8);
        Assert.Equal(more ? 1 : 0, ip.FragmentFlags);
        Assert.True(ip.ValidIPChecksum);
        Assert.Equal(packet[8..10], fragment[8..10]);
        Assert.Equal(packet[12..20], fragment[12..20]);
        return fragment[20..];
    }

    private static byte[] ReadIpv6(byte[] fragment, byte[] packet, int offset, bool more, uint identification)
    {
        var ip = new IPv6Packet(new ByteArraySegment(fragment));
        Assert.Equal(fragment.Length - 40, ip.PayloadLength);
        var header =
            Assert.IsType<IPv6FragmentationExtensionHeader>(Assert.Single(ip.ExtensionHeaders));
        Assert.Equal(offset, header.FragmentOffset * 8);
        Assert.Equal(more, header.More);
        Assert.Equal(identification, BinaryPrimitives.ReadUInt32BigEndian(header.Payload.ActualBytes().AsSpan(2)));
        Assert.Equal(ProtocolType.Udp, header.NextHeader);
        Assert.Equal(packet[..4], fragment[..4]);
        Assert.Equal(packet[7..40], fragment[7..40]);
        return fragment[48..];
    }
}
