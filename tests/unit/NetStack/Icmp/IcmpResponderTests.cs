using System.Net;
using Onetun.Tests.Support;
using PacketDotNet;
using PacketDotNet.Utils;

namespace Onetun.NetStack.Tests;

[Collection(Alone.Name)]
public sealed class IcmpResponderTests
{
    private static readonly FlowKey Flow4 = new(IpAddress.FromIpv4(0x0A000001), IpAddress.FromIpv4(0x0A000002), 0, 0);

    private static readonly FlowKey Flow6 = new(
        new IpAddress(0xFD00_0000_0000_0000, 1), new IpAddress(0xFD00_0000_0000_0000, 2), 0, 0);

    private readonly byte[] _reply = new byte[2000];

    [Theory]
    [InlineData(4, 0)]
    [InlineData(4, 56)]
    [InlineData(4, 1391)]
    [InlineData(6, 0)]
    [InlineData(6, 56)]
    [InlineData(6, 1371)]
    public void Ping_is_answered_with_its_own_data(int version, int size)
    {
        var flow = version == 4 ? Flow4 : Flow6;
        var data = new byte[size];
        new Random(1).NextBytes(data);
        var request = IcmpPackets.Echo(flow, 0x1234, 0xFFFE, data);
        Assert.True(IcmpResponder.TryEchoReply(request, _reply, out var length));
        Assert.Equal(request.Length, length);
        Assert.True(new PacketReader().TryReadIcmp(_reply.AsSpan(0, length), out var reply));
        Assert.True(reply.IsEchoReply);
        Assert.Equal((flow.Local, flow.Remote), (reply.Source, reply.Destination));
        Assert.Equal((0x1234, 0xFFFE), (reply.Identifier, reply.SequenceNumber));
        Assert.Equal(data, reply.Body.ToArray());
    }

    [Fact]
    public void PacketDotNet_finds_the_replies_valid()
    {
        Assert.True(IcmpResponder.TryEchoReply(IcmpPackets.Echo(Flow4, 1, 2, [1, 2, 3]), _reply, out var length));
        var ip4 = new IPv4Packet(new ByteArraySegment(_reply[..length]));
        Assert.True(ip4.ValidIPChecksum);
        Assert.True(((IcmpV4Packet)ip4.PayloadPacket).ValidIcmpChecksum);
        Assert.Equal(IcmpV4TypeCode.EchoReply, ((IcmpV4Packet)ip4.PayloadPacket).TypeCode);

        Assert.True(IcmpResponder.TryEchoReply(IcmpPackets.Echo(Flow6, 1, 2, [1, 2, 3]), _reply, out length));
        var ip6 = new IPv6Packet(new ByteArraySegment(_reply[..length]));
        Assert.True(((IcmpV6Packet)ip6.PayloadPacket).ValidIcmpChecksum);
        Assert.Equal(IcmpV6Type.EchoReply, ((IcmpV6Packet)ip6.PayloadPacket).Type);
    }

    [Theory]
    [InlineData("224.0.0.1")]
    [InlineData("255.255.255.255")]
    [InlineData("ff02::1")]
    public void Ping_to_a_group_is_not_answered(string destination)
    {
        var group = IpAddress.From(IPAddress.Parse(destination));
        var request = IcmpPackets.Echo((group.IsIPv4 ? Flow4 : Flow6) with { Local = group }, 1, 2, [1]);
        Assert.False(IcmpResponder.TryEchoReply(request, _reply, out _));
    }

    [Fact]
    public void Fragment_of_a_ping_is_not_answered()
    {
        var request = IcmpPackets.Echo(Flow4, 1, 2, [1]);
        request[6] = 0x20;
        PacketEdit.FixIpv4Checksum(request);
        Assert.False(IcmpResponder.TryEchoReply(request, _reply, out _));
        request = PacketEdit.WithExtension(IcmpPackets.Echo(Flow6, 1, 2, [1]), IpProtocol.Fragment, [0, 0, 0, 1, 0, 0, 0, 1]);
        Assert.False(IcmpResponder.TryEchoReply(request, _reply, out _));
    }

    [Theory]
    [InlineData(4)]
    [InlineData(6)]
    public void Damaged_ping_is_not_answered(int version)
    {
        var request = IcmpPackets.Echo(version == 4 ? Flow4 : Flow6, 1, 2, [1]);
        request[^1] ^= 1;
        Assert.False(IcmpResponder.TryEchoReply(request, _reply, out _));
    }

    [Theory]
    [InlineData(4)]
    [InlineData(6)]
    public void Reply_is_not_answered(int version)
    {
        Assert.True(IcmpResponder.TryEchoReply(
            IcmpPackets.Echo(version == 4 ? Flow4 : Flow6, 1, 2, [1]), _reply, out var length));
        var reply = _reply[..length];
        Assert.False(IcmpResponder.TryEchoReply(reply, _reply, out _));
    }

    [Fact]
    public void Reply_that_does_not_fit_is_not_written()
    {
        var request = IcmpPackets.Echo(Flow4, 1, 2, new byte[100]);
        Assert.False(IcmpResponder.TryEchoReply(request, _reply.AsSpan(0, request.Length - 1), out var length));
        Assert.Equal(0, length);
    }

    [Fact]
    public void Answering_allocates_nothing()
    {
        var request = IcmpPackets.Echo(Flow4, 1, 2, new byte[100]);
        IcmpResponder.TryEchoReply(request, _reply, out _);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            IcmpResponder.TryEchoReply(request, _reply, out _);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }
}
