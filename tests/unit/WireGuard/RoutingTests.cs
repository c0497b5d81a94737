using System.Buffers.Binary;
using System.Net;

namespace Onetun.WireGuard.Tests;

/// <summary>Several peers: which of them an inner packet goes to, and which it may come from.</summary>
public sealed class RoutingTests : IDisposable
{
    private readonly PeerPair _pair = new PeerPair().Connected();

    public void Dispose() => _pair.Dispose();

    [Fact]
    public void Peer_with_the_default_route_cannot_use_the_address_of_another()
    {
        using var carol = new TestDevice("Carol", 9, "192.0.2.3:3000");
        _pair.Bob.AddPeer(_pair.Now, carol, true, "10.0.0.3");
        _pair.Bob.Device.AddAllowedIP(_pair.BobsAlice, IPNetwork.Parse("0.0.0.0/0"));
        Assert.Equal(DatagramOutcome.Packet, BobReceives("10.9.9.9"));
        Assert.Equal(DatagramOutcome.SourceNotAllowed, BobReceives("10.0.0.3"));
        Assert.Equal(1L, _pair.Bob.Device.Count(DatagramOutcome.SourceNotAllowed));
    }

    [Fact]
    public void Prefix_follows_the_peer_it_was_given_to_last_both_ways()
    {
        using var carol = new TestDevice("Carol", 9, "192.0.2.3:3000");
        var peer = _pair.Bob.AddPeer(_pair.Now, carol, true, PeerPair.AliceAddress);
        Assert.Equal(DatagramOutcome.SourceNotAllowed, BobReceives(PeerPair.AliceAddress));
        Assert.Equal(SendOutcome.Staged, _pair.BobSends());
        Assert.Equal(carol.EndPoint, _pair.Eavesdropper.Log[^1].Destination);

        Assert.False(_pair.Bob.Device.RemoveAllowedIP(_pair.BobsAlice, IPNetwork.Parse("10.0.0.1/32")));
        _pair.Bob.Device.AddAllowedIP(_pair.BobsAlice, IPNetwork.Parse("10.0.0.1/32"));
        Assert.Equal(DatagramOutcome.Packet, BobReceives(PeerPair.AliceAddress));
        Assert.Empty(peer.AllowedIPs);
    }

    [Theory]
    [InlineData("10.0.0.2", true)]
    [InlineData("10.0.0.3", false)]
    [InlineData("::ffff:10.0.0.2", true)]
    [InlineData("2001:db8::1", true)]
    [InlineData("2001:db8:1::1", false)]
    [InlineData("::10.0.0.2", false)]
    public void Route_to_an_address_is_the_peer_that_has_it(string address, bool isBobs)
    {
        _pair.Alice.Device.AddAllowedIP(_pair.AlicesBob, IPNetwork.Parse("2001:db8::/48"));
        Assert.Equal(isBobs ? _pair.AlicesBob : null, _pair.Alice.Device.FindRoute(IPAddress.Parse(address)));
    }

    [Fact]
    public void Prefix_taken_from_all_peers_has_no_route()
    {
        Assert.True(_pair.Alice.Device.RemoveAllowedIP(_pair.AlicesBob, IPNetwork.Parse("10.0.0.2/32")));
        Assert.Equal(SendOutcome.NoRoute, _pair.AliceSends());
    }

    [Fact]
    public void Ipv6_inside_is_routed_trimmed_and_checked()
    {
        _pair.Alice.Device.AddAllowedIP(_pair.AlicesBob, IPNetwork.Parse("fd00::2/128"));
        _pair.Bob.Device.AddAllowedIP(_pair.BobsAlice, IPNetwork.Parse("fd00::1/128"));
        var packet = Packets.Ip("fd00::1", "fd00::2", 61);
        Assert.Equal(SendOutcome.Sealed, _pair.Alice.Send(_pair.Now, packet, _pair.Eavesdropper));
        _pair.Settle();
        Assert.Equal(packet, Assert.Single(_pair.Bob.Packets));
        Assert.Equal(
            SendOutcome.NoRoute, _pair.Alice.Send(_pair.Now, Packets.Ip("fd00::1", "fd00::3"), _pair.Eavesdropper));
        _pair.Alice.Send(_pair.Now, Packets.Ip("fd00::9", "fd00::2"), _pair.Eavesdropper);
        _pair.Settle();
        Assert.Equal(DatagramOutcome.SourceNotAllowed, _pair.Eavesdropper.Results[^1].Outcome);
    }

    [Theory]
    [InlineData("::ffff:10.0.0.3", "::ffff:10.0.0.2")]
    [InlineData("::ffff:10.0.0.3", "fd00::2")]
    [InlineData("fd00::1", "::ffff:10.0.0.2")]
    public void Peer_with_all_of_ipv6_cannot_use_an_ipv4_address_by_mapping_it(string source, string destination)
    {
        _pair.Bob.Device.AddAllowedIP(_pair.BobsAlice, IPNetwork.Parse("::/0"));
        Assert.Equal(DatagramOutcome.MappedAddress, BobReceivesSealed(Packets.Ip(source, destination)).Outcome);
        Assert.Equal(DatagramOutcome.Packet, BobReceivesSealed(Packets.Ip("fd00::1", "fd00::2")).Outcome);
    }

    [Theory]
    [InlineData("0.0.0.0", false)]
    [InlineData("0.1.2.3", false)]
    [InlineData("127.0.0.1", false)]
    [InlineData("224.0.0.1", false)]
    [InlineData("239.255.255.255", false)]
    [InlineData("255.255.255.255", false)]
    [InlineData("1.0.0.0", true)]
    [InlineData("128.0.0.1", true)]
    [InlineData("240.0.0.1", true)]
    [InlineData("::", false)]
    [InlineData("::1", false)]
    [InlineData("ff02::1", false)]
    [InlineData("::2", true)]
    [InlineData("fe80::1", true)]
    public void Nobody_sends_from_where_no_packet_comes(string source, bool isAccepted)
    {
        _pair.Bob.Device.AddAllowedIP(_pair.BobsAlice, IPNetwork.Parse("::/0"));
        _pair.Bob.Device.AddAllowedIP(_pair.BobsAlice, IPNetwork.Parse("0.0.0.0/0"));
        var packet = Packets.Ip(source, source.Contains(':', StringComparison.Ordinal) ? "fd00::2" : PeerPair.BobAddress);
        Assert.Equal(isAccepted ? DatagramOutcome.Packet : DatagramOutcome.ForbiddenSource, BobReceivesSealed(packet).Outcome);
    }

    [Theory]
    [InlineData(4, 100, 100, true)]
    [InlineData(4, 100, 20, true)]
    [InlineData(4, 100, 19, false)]
    [InlineData(4, 100, 0, false)]
    [InlineData(4, 100, 112, true)]
    [InlineData(4, 100, 113, false)]
    [InlineData(6, 100, 100, true)]
    [InlineData(6, 100, 40, true)]
    [InlineData(6, 100, 113, false)]
    [InlineData(6, 100, 65496 + 40, false)]
    [InlineData(6, 100, 65535 + 40, false)]
    [InlineData(5, 100, 100, false)]
    [InlineData(0, 100, 100, false)]
    public void Inner_length_is_believed_only_within_the_payload(int version, int length, int claimed, bool isAccepted)
    {
        _pair.Alice.Device.AddAllowedIP(_pair.AlicesBob, IPNetwork.Parse("fd00::2/128"));
        _pair.Bob.Device.AddAllowedIP(_pair.BobsAlice, IPNetwork.Parse("fd00::1/128"));
        var packet = version == 6 ? Packets.Ip("fd00::1", "fd00::2", length) : Packets.Ip("10.0.0.1", "10.0.0.2", length);
        BinaryPrimitives.WriteUInt16BigEndian(
            packet.AsSpan(version == 6 ? 4 : 2), (ushort)(version == 6 ? claimed - 40 : claimed));
        packet[0] = (byte)((version << 4) | (packet[0] & 15));
        var received = BobReceivesSealed(packet);
        Assert.Equal(isAccepted ? DatagramOutcome.Packet : DatagramOutcome.MalformedInnerPacket, received.Outcome);
        Assert.Equal(isAccepted ? claimed : 0, received.Length);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(19)]
    public void Payload_shorter_than_a_header_is_no_packet(int length)
    {
        var packet = new byte[length];
        packet[0] = 0x45;
        Assert.Equal(DatagramOutcome.MalformedInnerPacket, BobReceivesSealed(packet, isPadded: false).Outcome);
    }

    [Fact]
    public void Unpadded_packet_of_another_implementation_is_accepted()
    {
        var packet = Packets.Ip(PeerPair.AliceAddress, PeerPair.BobAddress, 101);
        Assert.Equal(101, BobReceivesSealed(packet, isPadded: false).Length);
    }

    [Fact]
    public void Peers_do_not_hear_each_other()
    {
        using var carol = new TestDevice("Carol", 9, "192.0.2.3:3000");
        var network = new Eavesdropper(_pair.Alice, _pair.Bob, carol);
        carol.AddPeer(_pair.Now, _pair.Alice, true, "10.0.0.1");
        _pair.Alice.AddPeer(_pair.Now, carol, true, "10.0.0.3");
        for (var i = 0; i < 10; i++)
        {
            _pair.Alice.Send(_pair.Now, Packets.Ip("10.0.0.1", "10.0.0.2", tag: i), network);
            _pair.Alice.Send(_pair.Now, Packets.Ip("10.0.0.1", "10.0.0.3", tag: i), network);
            do
            {
                carol.Transmit(_pair.Now, network);
                _pair.Bob.Transmit(_pair.Now, network);
                _pair.Alice.Transmit(_pair.Now, network);
            }
            while (network.Deliver(_pair.Now));
        }

        Assert.Equal(Enumerable.Range(0, 10).Select(i => Packets.Ip("10.0.0.1", "10.0.0.2", tag: i)), _pair.Bob.Packets);
        Assert.Equal(Enumerable.Range(0, 10).Select(i => Packets.Ip("10.0.0.1", "10.0.0.3", tag: i)), carol.Packets);
    }

    private DatagramOutcome BobReceives(string source) =>
        BobReceivesSealed(Packets.Ip(source, PeerPair.BobAddress, 112)).Outcome;

    /// <summary>What Bob makes of these bytes, padded with ones, sealed by Alice.</summary>
    private ReceiveResult BobReceivesSealed(byte[] packet, bool isPadded = true)
    {
        var padding = isPadded ? Constants.Padding(packet.Length, 1420) : 0;
        var slot = new byte[packet.Length + padding + Device.Overhead];
        slot.AsSpan().Fill(1);
        packet.CopyTo(slot, Device.HeaderLength);
        _pair.AlicesBob.Sessions.Current!.Seal(slot, packet.Length + padding);
        return _pair.Bob.Device.Receive(_pair.Now, slot, _pair.Alice.EndPoint);
    }
}
