using System.Net;

namespace Onetun.WireGuard.Tests;

/// <summary>What may change while traffic flows: keys, preshared keys, peers, prefixes, keepalives.</summary>
public sealed class ConfigurationTests : IDisposable
{
    private readonly PeerPair _pair = new(new PeerPairOptions { BobKnowsAlice = true });

    public void Dispose() => _pair.Dispose();

    // -- Preshared keys -----------------------------------------------------------------------------------------

    [Fact]
    public void Preshared_key_of_one_side_only_fails_at_the_response()
    {
        using var key = PresharedKey.Generate();
        _pair.Alice.Device.SetPresharedKey(_pair.AlicesBob, key);
        _pair.AliceSends();
        _pair.Settle();
        Assert.Equal(1L, _pair.Alice.Device.Count(DatagramOutcome.InvalidHandshake));
        Assert.Empty(_pair.Bob.Packets);

        _pair.Bob.Device.SetPresharedKey(_pair.BobsAlice, key);
        _pair.Advance(5.4);
        Assert.Single(_pair.Bob.Packets);
    }

    [Fact]
    public void Different_preshared_keys_do_not_match()
    {
        using var first = PresharedKey.Generate();
        using var second = PresharedKey.Generate();
        _pair.Alice.Device.SetPresharedKey(_pair.AlicesBob, first);
        _pair.Bob.Device.SetPresharedKey(_pair.BobsAlice, second);
        _pair.AliceSends();
        _pair.Settle();
        Assert.Empty(_pair.Bob.Packets);
    }

    [Fact]
    public void Preshared_key_changed_on_both_sides_applies_to_the_next_session_and_loses_nothing()
    {
        _pair.Connected();
        using var key = PresharedKey.Generate();
        _pair.Alice.Device.SetPresharedKey(_pair.AlicesBob, key);
        _pair.Bob.Device.SetPresharedKey(_pair.BobsAlice, key);
        for (var second = 0; second < 300; second++)
        {
            _pair.AliceSends();
            _pair.BobSends();
            _pair.Advance(1);
        }

        Assert.Equal(300, _pair.Bob.Packets.Count);
        Assert.Equal(300, _pair.Alice.Packets.Count);
        Assert.Equal(2, _pair.Eavesdropper.Count(MessageType.HandshakeResponse));
    }

    [Fact]
    public void Preshared_key_of_one_side_stops_traffic_only_when_the_session_ends()
    {
        _pair.Connected();
        using var key = PresharedKey.Generate();
        _pair.Bob.Device.SetPresharedKey(_pair.BobsAlice, key);
        for (var second = 0; second < 200; second++)
        {
            _pair.AliceSends();
            _pair.Advance(1);
        }

        Assert.Equal(180, _pair.Bob.Packets.Count);
    }

    [Fact]
    public void Preshared_key_is_copied_and_may_be_disposed()
    {
        var key = PresharedKey.Generate();
        using var pair = new PeerPair(new PeerPairOptions { PresharedKey = key });
        key.Dispose();
        pair.Connected();
    }

    // -- Private key --------------------------------------------------------------------------------------------

    [Fact]
    public void Changed_private_key_makes_a_new_handshake_at_once_when_the_peer_knows_it()
    {
        _pair.Connected();
        using var key = PrivateKey.Generate();
        _pair.Alice.Device.SetPrivateKey(key);
        _pair.Bob.Device.RemovePeer(_pair.BobsAlice);
        _pair.Bob.Device.AddPeer(_pair.Now, new PeerOptions
        {
            PublicKey = key.PublicKey,
            AllowedIPs = [IPNetwork.Parse("10.0.0.1/32")],
        });

        Assert.Equal(SendOutcome.Staged, _pair.AliceSends());
        _pair.Settle();
        Assert.Single(_pair.Bob.Packets);
        Assert.Equal(key.PublicKey, _pair.Alice.Device.PublicKey);
    }

    [Fact]
    public void Session_made_with_the_old_private_key_is_still_received_on()
    {
        _pair.Connected();
        using var key = PrivateKey.Generate();
        _pair.Alice.Device.SetPrivateKey(key);
        _pair.BobSends();
        _pair.Settle();
        Assert.Single(_pair.Alice.Packets);
    }

    [Fact]
    public void Same_private_key_changes_nothing()
    {
        _pair.Connected();
        var session = _pair.AlicesBob.Sessions.Current;
        _pair.Alice.Device.SetPrivateKey(_pair.Alice.Key);
        Assert.Equal(SendOutcome.Sealed, _pair.AliceSends());
        Assert.Same(session, _pair.AlicesBob.Sessions.Current);
    }

    [Fact]
    public void Peer_that_has_our_new_key_is_removed()
    {
        _pair.Alice.Device.SetPrivateKey(_pair.Bob.Key);
        Assert.Empty(_pair.Alice.Device.Peers);
        Assert.Equal(SendOutcome.NoRoute, _pair.AliceSends());
    }

    [Fact]
    public void Handshake_under_way_ends_with_the_private_key()
    {
        _pair.Eavesdropper.Filter = datagram => datagram.Type == MessageType.HandshakeInitiation;
        _pair.AliceSends();
        _pair.Settle();
        byte[] response = [.. _pair.Eavesdropper.Log[^1].Bytes];
        using var key = PrivateKey.Generate();
        _pair.Alice.Device.SetPrivateKey(key);
        Assert.Null(_pair.AlicesBob.Handshake.PendingIndex);
        Assert.Equal(DatagramOutcome.InvalidMac1, _pair.Alice.Device.Receive(_pair.Now, response, _pair.Bob.EndPoint).Outcome);
    }

    [Fact]
    public void Private_key_and_keepalives_changed_a_thousand_times_under_traffic_leave_a_working_tunnel()
    {
        _pair.Connected();
        using var other = PrivateKey.Generate();
        for (var i = 0; i < 1000; i++)
        {
            _pair.Alice.Device.SetPersistentKeepalive(_pair.Now, _pair.AlicesBob, TimeSpan.FromSeconds(i % 3));
            if (i % 100 == 0)
            {
                _pair.Alice.Device.SetPrivateKey(i % 200 == 0 ? other : _pair.Alice.Key);
            }

            if (i % 97 == 0)
            {
                _pair.Alice.EndPoint = _pair.Alice.EndPoint with { Port = (ushort)(5000 + i) };
            }

            _pair.AliceSends();
            _pair.BobSends();
            _pair.Advance(0.05);
        }

        _pair.Alice.Device.SetPrivateKey(_pair.Alice.Key);
        _pair.Advance(20);
        _pair.Bob.Packets.Clear();
        _pair.AliceSends();
        _pair.Advance(6);
        Assert.Single(_pair.Bob.Packets);
    }

    // -- Peers --------------------------------------------------------------------------------------------------

    [Fact]
    public void Peer_removed_and_added_again_is_a_new_peer_and_its_old_initiations_count_again()
    {
        _pair.AliceSends();
        _pair.Settle();
        byte[] initiation = [.. _pair.Eavesdropper.Log[0].Bytes];
        _pair.Advance(1);
        _pair.Bob.Device.RemovePeer(_pair.BobsAlice);
        Assert.Equal(DatagramOutcome.UnknownPeer, Receive());
        _pair.Bob.AddPeer(_pair.Now, _pair.Alice, true, PeerPair.AliceAddress);
        Assert.Equal(DatagramOutcome.HandshakeInitiation, Receive());

        DatagramOutcome Receive() =>
            _pair.Bob.Device.Receive(_pair.Now, [.. initiation], _pair.Alice.EndPoint).Outcome;
    }

    [Fact]
    public void Removed_peer_holds_no_index_deadline_or_key()
    {
        _pair.Connected();
        _pair.AliceSends();
        byte[] late = [.. _pair.Eavesdropper.Log[^1].Bytes];
        _pair.Bob.Device.RemovePeer(_pair.BobsAlice);
        Assert.Equal(TimeSpan.MaxValue, _pair.Bob.Device.NextTimeout);
        Assert.Null(_pair.BobsAlice.Sessions.Current);
        Assert.Equal(DatagramOutcome.UnknownIndex, _pair.Bob.Device.Receive(_pair.Now, late, _pair.Alice.EndPoint).Outcome);
        Assert.Equal(SendOutcome.NoRoute, _pair.BobSends());
        Assert.Throws<ArgumentException>(() => _pair.Bob.Device.RemovePeer(_pair.BobsAlice));
    }

    [Fact]
    public void Peers_added_and_removed_five_hundred_times_under_traffic_leave_nothing_behind()
    {
        using var carol = new TestDevice("Carol", 9, "192.0.2.3:3000");
        _pair.Connected();
        for (var i = 0; i < 500; i++)
        {
            var peer = _pair.Alice.AddPeer(_pair.Now, carol, true, "10.0.0.3");
            _pair.Alice.Device.SetPersistentKeepalive(_pair.Now, peer, TimeSpan.FromSeconds(1));
            _pair.Alice.Send(_pair.Now, Packets.Ip("10.0.0.1", "10.0.0.3"), _pair.Eavesdropper);
            _pair.AliceSends();
            _pair.Advance(0.01 * (i % 10));
            _pair.Alice.Device.RemovePeer(peer);
        }

        Assert.Equal(500, _pair.Bob.Packets.Count);
        Assert.Equal([_pair.AlicesBob], _pair.Alice.Device.Peers);
        _pair.Advance(700);
        Assert.Equal(TimeSpan.MaxValue, _pair.Alice.Device.NextTimeout);
    }

    [Fact]
    public void Own_key_known_key_and_no_key_are_refused_as_peers()
    {
        Assert.Throws<ArgumentException>(() => _pair.Alice.Device.AddPeer(_pair.Now, new PeerOptions { PublicKey = default }));
        Assert.Throws<ArgumentException>(() => _pair.Alice.AddPeer(_pair.Now, _pair.Alice, true, "10.0.0.9"));
        Assert.Throws<ArgumentException>(() => _pair.Alice.AddPeer(_pair.Now, _pair.Bob, true, "10.0.0.9"));
        Assert.Throws<ArgumentException>("publicKey", () => _pair.Alice.Device.FindPeer(default));
        Assert.Single(_pair.Alice.Device.Peers);
    }

    [Fact]
    public void Keepalive_out_of_range_is_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => _pair.Alice.Device.SetPersistentKeepalive(_pair.Now, _pair.AlicesBob, TimeSpan.FromSeconds(65536)));
        Assert.Throws<ArgumentOutOfRangeException>(() => _pair.Alice.Device.SetPersistentKeepalive(_pair.Now, _pair.AlicesBob, TimeSpan.FromSeconds(-1)));
    }

    [Theory]
    [InlineData(40, 52)]
    [InlineData(255, 512)]
    public void Many_peers_with_many_prefixes_each_keep_their_own(int peers, int prefixes)
    {
        using var device = new TestDevice("Device", 3, "192.0.2.9:9");
        var keys = new List<PublicKey>();
        for (var i = 0; i < peers; i++)
        {
            var key = new byte[PublicKey.Size];
            new Random(i).NextBytes(key);
            keys.Add(new PublicKey(key));
            device.Device.AddPeer(_pair.Now, new PeerOptions
            {
                PublicKey = keys[i],
                AllowedIPs = [.. Enumerable.Range(0, prefixes).Select(prefix => IPNetwork.Parse($"fd00:{i:x}:{prefix:x}::/48"))],
            });
        }

        Assert.All(keys, key => Assert.Equal(prefixes, device.Device.FindPeer(key)!.AllowedIPs.Count));
    }

    // -- Network and clock --------------------------------------------------------------------------------------

    [Fact]
    public void After_sleep_or_a_change_of_network_a_handshake_starts_at_once()
    {
        _pair.Connected();
        _pair.Advance(1);
        _pair.Alice.Device.ExpireSessions(_pair.Now);
        _pair.Settle();
        Assert.Equal(1, _pair.Eavesdropper.Count(MessageType.HandshakeInitiation));
        Assert.Equal(SendOutcome.Sealed, _pair.AliceSends());
        _pair.Settle();
        Assert.Single(_pair.Bob.Packets);
    }

    [Fact]
    public void Expired_session_is_still_received_on()
    {
        _pair.Connected();
        _pair.Eavesdropper.Filter = datagram => datagram.Type == MessageType.Transport;
        _pair.Alice.Device.ExpireSessions(_pair.Now);
        _pair.BobSends();
        _pair.Settle();
        Assert.Single(_pair.Alice.Packets);
        Assert.Equal(SendOutcome.Staged, _pair.AliceSends());
    }

    [Fact]
    public void Peer_that_was_never_used_is_not_woken_by_a_change_of_network()
    {
        _pair.Alice.Device.ExpireSessions(_pair.Now);
        _pair.Settle();
        Assert.Empty(_pair.Eavesdropper.Log);
    }

    [Fact]
    public void Clock_that_goes_back_is_held()
    {
        _pair.Connected();
        _pair.Advance(100);
        _pair.Alice.Device.OnTimeout(_pair.Now);
        var next = _pair.Alice.Device.NextTimeout;
        _pair.Alice.Device.OnTimeout(TimeSpan.Zero);
        Assert.Equal(
            SendOutcome.Sealed,
            _pair.Alice.Send(TimeSpan.Zero, Packets.Ip("10.0.0.1", "10.0.0.2"), _pair.Eavesdropper));
        var deadline = _pair.AlicesBob.Timers.Deadline(PeerTimer.NewHandshake);
        Assert.InRange(deadline, _pair.Now + TimeSpan.FromSeconds(15), _pair.Now + TimeSpan.FromSeconds(15.334));
        Assert.True(_pair.Alice.Device.NextTimeout <= next);
    }

    [Fact]
    public void Disposed_device_holds_no_deadline_and_no_session()
    {
        _pair.Connected();
        _pair.Alice.Device.Dispose();
        Assert.Null(_pair.AlicesBob.Sessions.Current);
        Assert.Equal(TimeSpan.MaxValue, _pair.Alice.Device.NextTimeout);
        Assert.Empty(_pair.Alice.Device.Peers);
    }
}
