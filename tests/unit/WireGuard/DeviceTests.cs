using System.Net;

namespace Onetun.WireGuard.Tests;

public sealed class DeviceTests : IDisposable
{
    private readonly PeerPair _pair = new();

    public void Dispose() => _pair.Dispose();

    [Fact]
    public void First_packet_waits_for_the_handshake_it_starts_and_arrives_unchanged()
    {
        Assert.Equal(SendOutcome.Staged, _pair.AliceSends(tag: 5));
        _pair.Settle();

        var packet = Assert.Single(_pair.Bob.Packets);
        Assert.Equal(Packets.Ip(PeerPair.AliceAddress, PeerPair.BobAddress, tag: 5), packet);
        Assert.Equal(
            [MessageType.HandshakeInitiation, MessageType.HandshakeResponse, MessageType.Transport],
            _pair.Eavesdropper.Log.Select(datagram => datagram.Type));
    }

    [Fact]
    public void Data_flows_both_ways_on_one_session()
    {
        _pair.Connected();
        for (var i = 0; i < 255; i++)
        {
            Assert.Equal(SendOutcome.Sealed, _pair.AliceSends(20 + i, i));
            Assert.Equal(SendOutcome.Sealed, _pair.BobSends(1420 - i, i));
        }

        _pair.Settle();
        Assert.Equal(255, _pair.Bob.Packets.Count);
        Assert.Equal(255, _pair.Alice.Packets.Count);
        Assert.Equal(510, _pair.Eavesdropper.Log.Count);
        Assert.All(_pair.Eavesdropper.Log, datagram => Assert.Equal(MessageType.Transport, datagram.Type));
    }

    [Fact]
    public void Preshared_key_is_part_of_the_handshake()
    {
        using var key = PresharedKey.Generate();
        using var pair = new PeerPair(new PeerPairOptions { PresharedKey = key });
        pair.Connected();
        pair.BobSends();
        pair.Settle();
        Assert.Single(pair.Alice.Packets);
    }

    [Fact]
    public void Packet_without_route_endpoint_or_ip_header_is_refused_by_name()
    {
        Assert.Equal(SendOutcome.PeerUnheard, _pair.BobSends());
        Assert.Equal(
            SendOutcome.NoRoute,
            _pair.Alice.Send(_pair.Now, Packets.Ip("10.0.0.1", "10.0.0.3"), _pair.Eavesdropper));
        Assert.Equal(SendOutcome.Malformed, _pair.Alice.Send(_pair.Now, new byte[19], _pair.Eavesdropper));
        Assert.Equal(SendOutcome.TooBig, _pair.AliceSends(1421));
        Assert.Equal(1L, _pair.Alice.Device.Count(SendOutcome.NoRoute));
    }
}
