using System.Net;
using System.Text.Json;

namespace Onetun.WireGuard.Tests;

/// <summary>Handshakes that are disturbed: by chance, by the other side's own, or by somebody in between.</summary>
public sealed class HandshakeTests : IDisposable
{
    private readonly PeerPair _pair = new(new PeerPairOptions { BobKnowsAlice = true });

    public void Dispose() => _pair.Dispose();

    [Fact]
    public void Both_sides_derive_the_same_keys_and_each_opens_what_the_other_seals()
    {
        _pair.Connected();
        _pair.BobSends(tag: 3);
        _pair.AliceSends(tag: 4);
        _pair.Settle();
        Assert.Equal(Packets.Ip(PeerPair.BobAddress, PeerPair.AliceAddress, tag: 3), Assert.Single(_pair.Alice.Packets));
        Assert.Equal(Packets.Ip(PeerPair.AliceAddress, PeerPair.BobAddress, tag: 4), Assert.Single(_pair.Bob.Packets));
    }

    [Fact]
    public void Step_by_step_values_are_those_of_the_captured_handshake()
    {
        var capture = SharedVectors.Load("wireguard_kernel_capture_kat.json");
        var session = capture.GetProperty("session1");
        var expected = session.GetProperty("intermediate");
        var initiation = new HandshakeInitiation(session.Hex("initiation"));
        var response = new HandshakeResponse(session.Hex("response"));
        var state = new SymmetricState();
        var key = new byte[32];

        state.Initialize(new PublicKey(capture.Hex("responder_static_public")));
        Assert.Equal(expected.Text("h1"), Convert.ToHexStringLower(state.Hash));
        state.MixHash(initiation.Ephemeral);
        Assert.Equal(expected.Text("ad_static"), Convert.ToHexStringLower(state.Hash));
        state.MixKey(initiation.Ephemeral);
        state.MixKey(Agree(capture.Hex("responder_static_private"), initiation.Ephemeral), key);
        Assert.Equal(expected.Text("k_static"), Convert.ToHexStringLower(key));
        var initiatorStatic = new byte[32];
        Assert.True(state.TryDecryptAndHash(key, initiation.EncryptedStatic, initiatorStatic));
        Assert.Equal(capture.Hex("initiator_static_public"), initiatorStatic);
        Assert.Equal(expected.Text("ad_ts"), Convert.ToHexStringLower(state.Hash));
        state.MixKey(Agree(capture.Hex("responder_static_private"), initiatorStatic), key);
        Assert.Equal(expected.Text("k_ts"), Convert.ToHexStringLower(key));
        var timestamp = new byte[Tai64n.Size];
        Assert.True(state.TryDecryptAndHash(key, initiation.EncryptedTimestamp, timestamp));
        Assert.Equal(expected.Text("ck_after_init"), Convert.ToHexStringLower(state.ChainingKey));
        Assert.Equal(expected.Text("h_after_init"), Convert.ToHexStringLower(state.Hash));

        state.MixHash(response.Ephemeral);
        state.MixKey(response.Ephemeral);
        state.MixKey(Agree(session.Hex("responder_ephemeral_private"), initiation.Ephemeral));
        state.MixKey(Agree(session.Hex("responder_ephemeral_private"), initiatorStatic));
        state.MixKeyAndHash(new byte[32], key);
        Assert.Equal(expected.Text("k_empty"), Convert.ToHexStringLower(key));
        Assert.Equal(expected.Text("ad_empty"), Convert.ToHexStringLower(state.Hash));
        Assert.True(state.TryDecryptAndHash(key, response.EncryptedNothing, []));
        Assert.Equal(expected.Text("h_final"), Convert.ToHexStringLower(state.Hash));
        Assert.Equal(expected.Text("ck_final"), Convert.ToHexStringLower(state.ChainingKey));
        var keys = new byte[Session.KeysSize];
        state.Split(keys);
        Assert.Equal(expected.Text("k_i2r") + expected.Text("k_r2i"), Convert.ToHexStringLower(keys));
    }

    [Fact]
    public void Round_trip_is_from_the_initiation_that_was_answered_to_its_response()
    {
        _pair.Eavesdropper.Delay = TimeSpan.FromMilliseconds(40);
        _pair.Eavesdropper.Filter = _ => false;
        _pair.AliceSends();
        _pair.Advance(1);
        Assert.Null(_pair.AlicesBob.GetStatistics(_pair.Now).HandshakeRoundTrip);

        _pair.Eavesdropper.Filter = null;
        _pair.Advance(10);
        Assert.Equal(TimeSpan.FromMilliseconds(80), _pair.AlicesBob.GetStatistics(_pair.Now).HandshakeRoundTrip);
        Assert.Null(_pair.BobsAlice.GetStatistics(_pair.Now).HandshakeRoundTrip);
    }

    [Fact]
    public void Forged_responses_do_not_end_the_handshake_under_way()
    {
        _pair.Eavesdropper.Filter = datagram => datagram.Type == MessageType.HandshakeInitiation;
        _pair.AliceSends();
        _pair.Settle();
        var response = _pair.Eavesdropper.Log[^1].Bytes;
        for (var i = 8; i < HandshakeResponse.Size - HandshakeMacs.Size; i++)
        {
            // Whoever knows Alice's public key can make a good mac1.
            byte[] forged = [.. response];
            forged[i] ^= 0x10;
            new CookieGenerator(_pair.Alice.Key.PublicKey).AddMacs(_pair.Now, forged);
            var received = _pair.Alice.Device.Receive(_pair.Now, forged, _pair.Bob.EndPoint);
            Assert.True(received.Outcome is DatagramOutcome.InvalidHandshake or DatagramOutcome.UnknownIndex or DatagramOutcome.HandshakeQueued);
            _pair.Advance(0.01);
        }

        var real = _pair.Alice.Device.Receive(_pair.Now, [.. response], _pair.Bob.EndPoint);
        Assert.Equal(DatagramOutcome.HandshakeResponse, real.Outcome);
        Assert.NotNull(_pair.AlicesBob.Sessions.Current);
    }

    [Fact]
    public void Response_that_comes_late_is_accepted_while_its_initiation_is_the_last()
    {
        _pair.Eavesdropper.Filter = datagram => datagram.Type == MessageType.HandshakeInitiation;
        _pair.AliceSends();
        _pair.Settle();
        byte[] response = [.. _pair.Eavesdropper.Log[^1].Bytes];
        _pair.Advance(4.9);
        Assert.Equal(
            DatagramOutcome.HandshakeResponse, _pair.Alice.Device.Receive(_pair.Now, response, _pair.Bob.EndPoint).Outcome);
    }

    [Fact]
    public void Response_to_an_initiation_that_was_repeated_is_unknown_and_the_repeated_one_succeeds()
    {
        _pair.Eavesdropper.Filter = datagram => datagram.Type == MessageType.HandshakeInitiation;
        _pair.AliceSends();
        _pair.Settle();
        byte[] response = [.. _pair.Eavesdropper.Log[^1].Bytes];
        _pair.Eavesdropper.Filter = _ => false;
        _pair.Advance(5.4);
        Assert.Equal(2, _pair.Eavesdropper.Count(MessageType.HandshakeInitiation));
        Assert.Equal(
            DatagramOutcome.UnknownIndex, _pair.Alice.Device.Receive(_pair.Now, response, _pair.Bob.EndPoint).Outcome);

        _pair.Eavesdropper.Filter = null;
        _pair.Advance(5.4);
        Assert.Single(_pair.Bob.Packets);
    }

    [Fact]
    public void Response_is_session_index_and_free_slot_in_one_step()
    {
        _pair.Eavesdropper.Filter = datagram => datagram.Type == MessageType.HandshakeInitiation;
        _pair.AliceSends();
        _pair.Settle();
        var index = _pair.AlicesBob.Handshake.PendingIndex!.Value;
        _pair.Alice.Device.Receive(_pair.Now, [.. _pair.Eavesdropper.Log[^1].Bytes], _pair.Bob.EndPoint);
        Assert.Null(_pair.AlicesBob.Handshake.PendingIndex);
        Assert.Equal(index, _pair.AlicesBob.Sessions.Current!.LocalIndex);
    }

    [Fact]
    public void Response_is_accepted_once()
    {
        _pair.Connected();
        using var pair = new PeerPair();
        pair.AliceSends();
        pair.Settle();
        byte[] response = [.. pair.Eavesdropper.Log.Single(datagram => datagram.Type == MessageType.HandshakeResponse).Bytes];
        var session = pair.AlicesBob.Sessions.Current!;
        Assert.Equal(DatagramOutcome.UnknownIndex, pair.Alice.Device.Receive(pair.Now, response, pair.Bob.EndPoint).Outcome);
        Assert.Same(session, pair.AlicesBob.Sessions.Current);
    }

    [Fact]
    public void Replayed_initiation_changes_nothing()
    {
        _pair.AliceSends();
        _pair.Settle();
        byte[] initiation = [.. _pair.Eavesdropper.Log[0].Bytes];
        _pair.Advance(30);
        var session = _pair.BobsAlice.Sessions.Current;
        var elsewhere = new UdpEndPoint(77, 77);
        Assert.Equal(
            DatagramOutcome.ReplayedInitiation, _pair.Bob.Device.Receive(_pair.Now, initiation, elsewhere).Outcome);
        Assert.Same(session, _pair.BobsAlice.Sessions.Current);
        Assert.Null(_pair.BobsAlice.Sessions.Next);
        Assert.Equal(_pair.Alice.EndPoint, _pair.BobsAlice.EndPoint);
    }

    [Fact]
    public void Greatest_timestamp_is_remembered_after_the_keys_are_zeroed()
    {
        _pair.AliceSends();
        _pair.Settle();
        byte[] initiation = [.. _pair.Eavesdropper.Log[0].Bytes];
        _pair.Advance(700);
        Assert.Null(_pair.BobsAlice.Sessions.Current);
        Assert.Equal(
            DatagramOutcome.ReplayedInitiation, _pair.Bob.Device.Receive(_pair.Now, initiation, _pair.Alice.EndPoint).Outcome);
    }

    [Fact]
    public void Second_initiation_within_20_milliseconds_is_refused()
    {
        var first = InitiationFromAlice();
        _pair.Alice.Device.ExpireSessions(_pair.Now);
        _pair.AliceSends();
        var second = InitiationFromAlice();
        Assert.Equal(DatagramOutcome.HandshakeInitiation, Deliver(first));
        _pair.Advance(0.0199);
        Assert.Equal(DatagramOutcome.InitiationTooSoon, Deliver(second));
        _pair.Advance(0.0001);
        Assert.Equal(DatagramOutcome.HandshakeInitiation, Deliver(second));

        DatagramOutcome Deliver(byte[] bytes) =>
            _pair.Bob.Device.Receive(_pair.Now, [.. bytes], _pair.Alice.EndPoint).Outcome;
    }

    [Fact]
    public void Initiator_whose_wall_clock_was_set_back_is_still_accepted()
    {
        _pair.Connected();
        _pair.Alice.Environment.UtcNow = _pair.Alice.Environment.UtcNow.AddYears(-20);
        _pair.Advance(200);
        _pair.AliceSends();
        _pair.Settle();
        Assert.Single(_pair.Bob.Packets);
        Assert.Equal(1, _pair.Eavesdropper.Count(MessageType.HandshakeResponse));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(50)]
    [InlineData(900)]
    public void Simultaneous_initiations_converge_with_the_first_retry(int oneWayMilliseconds)
    {
        for (var seed = 0; seed < 20; seed++)
        {
            using var pair = new PeerPair(new PeerPairOptions { BobKnowsAlice = true, Seed = 10 * seed });
            pair.Eavesdropper.Delay = TimeSpan.FromMilliseconds(oneWayMilliseconds);
            pair.AliceSends();
            pair.BobSends();
            pair.Advance(6.1 + (5 * oneWayMilliseconds / 1000.0));
            Assert.Single(pair.Alice.Packets);
            Assert.Single(pair.Bob.Packets);
            Assert.Equal(3, pair.Eavesdropper.Count(MessageType.HandshakeInitiation));
        }
    }

    [Fact]
    public void Simultaneous_initiations_converge_under_steady_traffic_from_both_sides()
    {
        _pair.Eavesdropper.Delay = TimeSpan.FromMilliseconds(300);
        for (var i = 0; i < 1000; i++)
        {
            _pair.AliceSends();
            _pair.BobSends();
            _pair.Advance(0.01);
        }

        Assert.Equal(3, _pair.Eavesdropper.Count(MessageType.HandshakeInitiation));
        Assert.NotEmpty(_pair.Alice.Packets);
        Assert.NotEmpty(_pair.Bob.Packets);
    }

    [Fact]
    public void Own_initiation_is_dropped_for_the_peers()
    {
        _pair.Eavesdropper.Filter = datagram => datagram.Source == _pair.Bob.EndPoint;
        _pair.AliceSends();
        Assert.NotNull(_pair.AlicesBob.Handshake.PendingIndex);
        _pair.BobSends();
        _pair.Settle();
        Assert.Null(_pair.AlicesBob.Handshake.PendingIndex);
        Assert.NotNull(_pair.AlicesBob.Sessions.Next);
    }

    [Fact]
    public void Index_that_is_taken_is_not_given_again()
    {
        byte[] taken = [1, 2, 3, 4];
        _pair.Alice.Environment.FillNext(taken);
        _pair.AliceSends();
        using var carol = new TestDevice("Carol", 9, "192.0.2.3:3000");
        _pair.Alice.AddPeer(_pair.Now, carol, true, "10.0.0.3");
        _pair.Alice.Environment.FillNext(taken, [5, 6, 7, 8]);
        _pair.Alice.Send(_pair.Now, Packets.Ip("10.0.0.1", "10.0.0.3"), _pair.Eavesdropper);
        Assert.Equal(
            [0x04030201U, 0x08070605U],
            _pair.Eavesdropper.Log.Select(datagram => new HandshakeInitiation(datagram.Bytes).Sender));
    }

    [Fact]
    public void Initiation_of_a_stranger_is_not_answered()
    {
        using var mallory = new TestDevice("Mallory", 13, "192.0.2.66:6666");
        mallory.AddPeer(_pair.Now, _pair.Bob, true, "0.0.0.0/0");
        mallory.Send(_pair.Now, Packets.Ip("10.0.0.1", "10.0.0.2"), _pair.Eavesdropper);
        _pair.Settle();
        Assert.Equal(DatagramOutcome.UnknownPeer, Assert.Single(_pair.Eavesdropper.Results).Outcome);
        Assert.Single(_pair.Eavesdropper.Log);
    }

    [Fact]
    public void Message_for_another_key_is_dropped_before_any_costly_step()
    {
        var initiation = InitiationFromAlice();
        using var carol = new TestDevice("Carol", 9, "192.0.2.3:3000");
        carol.AddPeer(_pair.Now, _pair.Alice, false, "10.0.0.1");
        Assert.Equal(DatagramOutcome.InvalidMac1, carol.Device.Receive(_pair.Now, initiation, _pair.Alice.EndPoint).Outcome);
    }

    [Theory]
    [InlineData("0100000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800")]
    [InlineData("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157")]
    [InlineData("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")]
    [InlineData("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")]
    [InlineData("eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")]
    public void Peer_with_a_key_of_low_order_is_never_spoken_to(string key)
    {
        using var device = new TestDevice("Device", 5, "192.0.2.9:9");
        device.Device.AddPeer(_pair.Now, new PeerOptions
        {
            PublicKey = new PublicKey(Convert.FromHexString(key)),
            EndPoint = new IPEndPoint(IPAddress.Loopback, 1),
            PersistentKeepalive = TimeSpan.FromSeconds(1),
        });
        var buffer = new byte[1500];
        for (var second = 0; second < 200; second++)
        {
            device.Device.OnTimeout(_pair.Now + TimeSpan.FromSeconds(second));
            Assert.False(device.Device.TryTransmit(_pair.Now + TimeSpan.FromSeconds(second), buffer, out _, out _, out _));
        }
    }

    /// <summary>An initiation of Alice's that nobody has seen yet.</summary>
    private byte[] InitiationFromAlice()
    {
        _pair.Eavesdropper.Filter = _ => false;
        _pair.AliceSends();
        return [.. _pair.Eavesdropper.Log[^1].Bytes];
    }

    private static byte[] Agree(byte[] privateKey, ReadOnlySpan<byte> publicKey)
    {
        var shared = new byte[32];
        using var key = Curve25519.Import(privateKey);
        Assert.True(Curve25519.TryAgree(key, publicKey, shared));
        return shared;
    }
}
