using System.Net;

namespace Onetun.WireGuard.Tests;

/// <summary>Where a peer is: the source of the last authentic datagram.</summary>
public sealed class EndpointTests : IDisposable
{
    private static readonly UdpEndPoint Elsewhere = UdpEndPoint.From(IPEndPoint.Parse("198.51.100.7:777"));

    private readonly PeerPair _pair = new();

    public void Dispose() => _pair.Dispose();

    [Theory]
    [InlineData("1.2.3.4:5", true)]
    [InlineData("[::1]:65535", false)]
    [InlineData("[2001:db8::1]:51820", false)]
    [InlineData("[fe80::1%3]:1", false)]
    public void Value_and_object_are_the_same_address(string text, bool isIpv4)
    {
        var endpoint = UdpEndPoint.From(IPEndPoint.Parse(text));
        Assert.Equal(isIpv4, endpoint.IsIPv4);
        Assert.Equal(text, endpoint.ToString());
        Assert.Equal(IPEndPoint.Parse(text), endpoint.ToIPEndPoint());
        Assert.Equal(endpoint, UdpEndPoint.From(endpoint.ToIPEndPoint()));
        Assert.False(endpoint.IsNone);
    }

    [Fact]
    public void Mapped_and_plain_ipv4_are_one_endpoint()
    {
        Assert.Equal(UdpEndPoint.From(IPEndPoint.Parse("1.2.3.4:5")), UdpEndPoint.From(IPEndPoint.Parse("[::ffff:1.2.3.4]:5")));
    }

    [Fact]
    public void Default_is_no_endpoint()
    {
        Assert.True(default(UdpEndPoint).IsNone);
        Assert.Equal("(none)", default(UdpEndPoint).ToString());
    }

    [Fact]
    public void Initiation_tells_where_the_initiator_is_and_the_response_goes_there()
    {
        _pair.Alice.EndPoint = Elsewhere;
        _pair.AliceSends();
        _pair.Settle();
        Assert.Equal(Elsewhere, _pair.BobsAlice.EndPoint);
        Assert.Equal(Elsewhere, _pair.Eavesdropper.Log.Single(datagram => datagram.Type == MessageType.HandshakeResponse).Destination);
    }

    [Fact]
    public void Response_tells_where_the_responder_is()
    {
        _pair.Eavesdropper.Filter = datagram => datagram.Type == MessageType.HandshakeInitiation;
        _pair.AliceSends();
        _pair.Settle();
        _pair.Alice.Device.Receive(_pair.Now, [.. _pair.Eavesdropper.Log[^1].Bytes], Elsewhere);
        Assert.Equal(Elsewhere, _pair.AlicesBob.EndPoint);
    }

    [Fact]
    public void Data_and_keepalives_are_followed_wherever_they_come_from()
    {
        _pair.Connected();
        for (var i = 0; i < 3; i++)
        {
            _pair.Alice.EndPoint = Elsewhere with { Port = (ushort)(100 + i), Address = Elsewhere.Address + (UInt128)i };
            _pair.AliceSends();
            _pair.Settle();
            Assert.Equal(_pair.Alice.EndPoint, _pair.BobsAlice.EndPoint);
            _pair.BobSends();
            Assert.Equal(_pair.Alice.EndPoint, _pair.Eavesdropper.Log[^1].Destination);
            _pair.Settle();
        }

        _pair.Advance(5);
        _pair.Alice.EndPoint = UdpEndPoint.From(IPEndPoint.Parse("[2001:db8::5]:5"));
        _pair.Advance(6);
        Assert.True(_pair.Eavesdropper.Log[^1].IsKeepalive || _pair.Eavesdropper.Log[^2].IsKeepalive);
        Assert.Equal(_pair.Alice.EndPoint, _pair.BobsAlice.EndPoint);
    }

    [Fact]
    public void Packet_from_a_refused_inner_source_is_followed_all_the_same()
    {
        _pair.Connected();
        _pair.Alice.EndPoint = Elsewhere;
        _pair.Alice.Send(_pair.Now, Packets.Ip("10.0.0.77", PeerPair.BobAddress), _pair.Eavesdropper);
        _pair.Settle();
        Assert.Equal(DatagramOutcome.SourceNotAllowed, _pair.Eavesdropper.Results[^1].Outcome);
        Assert.Equal(Elsewhere, _pair.BobsAlice.EndPoint);
    }

    [Fact]
    public void Replayed_or_forged_packet_is_not_followed()
    {
        _pair.Connected();
        _pair.AliceSends();
        _pair.Settle();
        var packet = _pair.Eavesdropper.Log[^1].Bytes;
        Assert.Equal(DatagramOutcome.ReplayedPacket, _pair.Bob.Device.Receive(_pair.Now, [.. packet], Elsewhere).Outcome);
        packet[8] += 5;
        Assert.Equal(DatagramOutcome.InvalidPacket, _pair.Bob.Device.Receive(_pair.Now, [.. packet], Elsewhere).Outcome);
        Assert.Equal(_pair.Alice.EndPoint, _pair.BobsAlice.EndPoint);
    }

    [Fact]
    public void Late_packet_of_the_previous_session_is_followed_too()
    {
        _pair.Connected();
        _pair.Eavesdropper.Filter = _ => false;
        _pair.AliceSends();
        byte[] late = [.. _pair.Eavesdropper.Log[^1].Bytes];
        _pair.Eavesdropper.Filter = null;
        _pair.Advance(121);
        _pair.AliceSends();
        _pair.Settle();
        Assert.Equal(DatagramOutcome.Packet, _pair.Bob.Device.Receive(_pair.Now, late, Elsewhere).Outcome);
        Assert.Equal(Elsewhere, _pair.BobsAlice.EndPoint);
    }

    [Fact]
    public void Configured_endpoint_takes_effect_with_the_next_packet()
    {
        _pair.Connected();
        _pair.Alice.Device.SetEndPoint(_pair.Now, _pair.AlicesBob, Elsewhere);
        _pair.AliceSends();
        Assert.Equal(Elsewhere, _pair.Eavesdropper.Log[^1].Destination);
    }

    [Fact]
    public void Peer_is_answered_from_the_address_of_ours_that_it_speaks_to_last()
    {
        _pair.Alice.EndPoint = _pair.Alice.EndPoint with { Source = 7 };
        _pair.Connected();
        _pair.BobSends();
        Assert.Equal(_pair.Alice.EndPoint, _pair.Eavesdropper.Log[^1].Destination);

        _pair.Alice.EndPoint = _pair.Alice.EndPoint with { Source = 8 };
        _pair.AliceSends();
        _pair.Settle();
        _pair.BobSends();
        Assert.Equal(_pair.Alice.EndPoint, _pair.Eavesdropper.Log[^1].Destination);
        Assert.Equal(_pair.Alice.EndPoint.ToIPEndPoint(), _pair.BobsAlice.GetStatistics(_pair.Now).EndPoint);
    }

    [Fact]
    public void Silence_after_data_lets_the_system_choose_our_address()
    {
        _pair.Alice.EndPoint = _pair.Alice.EndPoint with { Source = 7 };
        _pair.Connected();
        _pair.Eavesdropper.Filter = datagram => datagram.Source == _pair.Alice.EndPoint;
        _pair.Alice.Device.RemovePeer(_pair.AlicesBob);
        _pair.BobSends();
        Assert.Equal(_pair.Alice.EndPoint, _pair.BobsAlice.EndPoint);

        _pair.Advance(16);

        var initiation = _pair.Eavesdropper.Log.Last(datagram => datagram.Type == MessageType.HandshakeInitiation);
        Assert.Equal(_pair.Alice.EndPoint.Remote, initiation.Destination);
    }

    [Fact]
    public void Handshake_that_is_not_answered_is_repeated_from_an_address_that_the_system_chooses()
    {
        _pair.Eavesdropper.Filter = _ => false;
        var bob = _pair.Bob.EndPoint with { Source = 7 };
        _pair.Alice.Device.SetEndPoint(_pair.Now, _pair.AlicesBob, bob);
        _pair.AliceSends();
        _pair.Advance(6);

        Assert.Equal([bob, bob.Remote], _pair.Eavesdropper.Log.Select(datagram => datagram.Destination));
    }

    [Fact]
    public void Changed_network_lets_the_system_choose_our_address()
    {
        _pair.Alice.EndPoint = _pair.Alice.EndPoint with { Source = 7 };
        _pair.Connected();
        _pair.Bob.Device.ExpireSessions(_pair.Now);
        _pair.Bob.Transmit(_pair.Now, _pair.Eavesdropper);
        Assert.Equal(_pair.Alice.EndPoint.Remote, _pair.Eavesdropper.Log[^1].Destination);
    }

    [Fact]
    public void Address_that_cannot_be_sent_from_is_forgotten_by_the_peer_there_and_no_other()
    {
        _pair.Alice.EndPoint = _pair.Alice.EndPoint with { Source = 7 };
        _pair.Connected();
        _pair.Bob.Device.ForgetSource(_pair.Alice.EndPoint with { Port = 9 });
        Assert.Equal(_pair.Alice.EndPoint, _pair.BobsAlice.EndPoint);
        _pair.Bob.Device.ForgetSource(_pair.Alice.EndPoint);
        Assert.Equal(_pair.Alice.EndPoint.Remote, _pair.BobsAlice.EndPoint);
    }

    [Fact]
    public void Peer_without_endpoint_waits_to_be_spoken_to()
    {
        Assert.Equal(SendOutcome.PeerUnheard, _pair.BobSends());
        _pair.Advance(100);
        Assert.Empty(_pair.Eavesdropper.Log);
        _pair.Connected();
        Assert.Equal(SendOutcome.Sealed, _pair.BobSends());
    }

    [Fact]
    public void Peer_that_did_not_answer_elsewhere_is_asked_at_its_new_endpoint_at_once()
    {
        _pair.Eavesdropper.Filter = _ => false;
        _pair.AliceSends();
        _pair.Advance(7);
        _pair.Eavesdropper.Log.Clear();

        _pair.Alice.Device.SetEndPoint(_pair.Now, _pair.AlicesBob, Elsewhere);
        _pair.Settle();

        var initiation = Assert.Single(_pair.Eavesdropper.Log);
        Assert.Equal(MessageType.HandshakeInitiation, initiation.Type);
        Assert.Equal(_pair.Now, initiation.At);
    }
}
