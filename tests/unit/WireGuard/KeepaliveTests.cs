namespace Onetun.WireGuard.Tests;

/// <summary>Keepalives: the passive one that answers data, and the persistent one that holds a NAT open.</summary>
public sealed class KeepaliveTests : IDisposable
{
    private readonly PeerPair _pair = new();

    public void Dispose() => _pair.Dispose();

    [Fact]
    public void Received_data_is_answered_by_a_keepalive_after_ten_seconds()
    {
        _pair.Connected();
        _pair.Advance(9.999);
        Assert.Empty(_pair.Eavesdropper.Log);
        _pair.Advance(0.001);
        var keepalive = Assert.Single(_pair.Eavesdropper.Log);
        Assert.True(keepalive.IsKeepalive);
        Assert.Equal(_pair.Bob.EndPoint, keepalive.Source);
    }

    [Fact]
    public void Keepalive_is_not_answered_by_a_keepalive()
    {
        _pair.Connected();
        _pair.Advance(60);
        Assert.Single(_pair.Eavesdropper.Log);
    }

    [Fact]
    public void Keepalive_is_counted_from_the_received_data_not_from_what_was_sent_last()
    {
        _pair.Connected();
        _pair.Advance(20);
        _pair.BobSends();
        _pair.Advance(3);
        _pair.Eavesdropper.Log.Clear();
        _pair.AliceSends();
        var received = _pair.Now;
        _pair.Advance(11);
        Assert.Contains(
            _pair.Eavesdropper.Log,
            datagram => datagram.IsKeepalive
                && datagram.Source == _pair.Bob.EndPoint
                && datagram.At == received + TimeSpan.FromSeconds(10));
    }

    [Fact]
    public void Data_that_came_while_a_keepalive_was_due_is_answered_by_one_more()
    {
        _pair.Connected();
        _pair.Advance(5);
        _pair.AliceSends();
        _pair.Advance(60);

        var keepalives = _pair.Eavesdropper.Times(_pair.Bob, MessageType.Transport);
        Assert.Equal(2, keepalives.Length);
        Assert.Equal(TimeSpan.FromSeconds(10), keepalives[1] - keepalives[0]);
    }

    [Fact]
    public void Anything_sent_takes_the_place_of_the_keepalive()
    {
        _pair.Connected();
        _pair.Advance(9);
        _pair.BobSends();
        _pair.Advance(5);
        Assert.Single(_pair.Eavesdropper.Times(_pair.Bob, MessageType.Transport));
    }

    [Fact]
    public void Payload_that_is_refused_is_answered_all_the_same()
    {
        _pair.Connected();
        _pair.Advance(20);
        _pair.Bob.Device.RemoveAllowedIP(_pair.BobsAlice, System.Net.IPNetwork.Parse("10.0.0.1/32"));
        _pair.AliceSends();
        _pair.Settle();
        Assert.Equal(DatagramOutcome.SourceNotAllowed, _pair.Eavesdropper.Results[^1].Outcome);
        Assert.True(_pair.BobsAlice.Timers.IsPending(PeerTimer.SendKeepalive));
    }

    [Fact]
    public void Persistent_keepalive_starts_a_handshake_at_once_when_turned_on()
    {
        _pair.Alice.Device.SetPersistentKeepalive(_pair.Now, _pair.AlicesBob, TimeSpan.FromSeconds(25));
        _pair.Settle();
        Assert.Equal(3, _pair.Eavesdropper.Log.Count);
        Assert.True(_pair.Eavesdropper.Log[2].IsKeepalive);
        Assert.NotNull(_pair.BobsAlice.Sessions.Current);
    }

    [Fact]
    public void Persistent_keepalive_is_sent_when_nothing_else_was_for_so_long()
    {
        _pair.Connected();
        _pair.Advance(20);
        _pair.Alice.Device.SetPersistentKeepalive(_pair.Now, _pair.AlicesBob, TimeSpan.FromSeconds(7));
        _pair.Settle();
        var start = _pair.Now;
        _pair.Eavesdropper.Log.Clear();
        _pair.Advance(21);
        Assert.Equal(
            [start + TimeSpan.FromSeconds(7), start + TimeSpan.FromSeconds(14), start + TimeSpan.FromSeconds(21)],
            _pair.Eavesdropper.Times(_pair.Alice, MessageType.Transport));
    }

    [Fact]
    public void Persistent_keepalive_is_put_off_by_traffic_either_way()
    {
        _pair.Connected();
        _pair.Advance(20);
        _pair.Alice.Device.SetPersistentKeepalive(_pair.Now, _pair.AlicesBob, TimeSpan.FromSeconds(7));
        _pair.Settle();
        _pair.Advance(6);
        _pair.BobSends();
        _pair.Settle();
        Assert.Equal(_pair.Now + TimeSpan.FromSeconds(7), _pair.AlicesBob.Timers.Deadline(PeerTimer.PersistentKeepalive));
        _pair.Advance(6);
        _pair.AliceSends();
        Assert.Equal(_pair.Now + TimeSpan.FromSeconds(7), _pair.AlicesBob.Timers.Deadline(PeerTimer.PersistentKeepalive));
    }

    [Fact]
    public void Persistent_keepalive_begins_again_after_a_handshake_was_given_up()
    {
        _pair.Eavesdropper.Filter = _ => false;
        _pair.Alice.Device.SetPersistentKeepalive(_pair.Now, _pair.AlicesBob, TimeSpan.FromSeconds(25));
        _pair.Advance(600);
        Assert.True(_pair.Eavesdropper.Count(MessageType.HandshakeInitiation) > 60);
        _pair.Eavesdropper.Filter = null;
        _pair.Advance(35);
        Assert.NotNull(_pair.BobsAlice.Sessions.Current);
    }

    [Fact]
    public void Persistent_keepalive_holds_a_nat_open_that_forgets_in_two_seconds()
    {
        // What goes to Alice passes only if she sent within the last two seconds.
        var lastSent = _pair.Now;
        _pair.Eavesdropper.Filter = datagram =>
        {
            lastSent = datagram.Source == _pair.Alice.EndPoint ? datagram.At : lastSent;
            return datagram.Source == _pair.Alice.EndPoint || datagram.At - lastSent < TimeSpan.FromSeconds(2);
        };
        _pair.Connected();
        _pair.Advance(13);
        _pair.BobSends();
        _pair.Settle();
        Assert.Empty(_pair.Alice.Packets);

        _pair.Alice.Device.SetPersistentKeepalive(_pair.Now, _pair.AlicesBob, TimeSpan.FromSeconds(1));
        _pair.Advance(3);
        _pair.BobSends();
        _pair.Settle();
        Assert.Single(_pair.Alice.Packets);
    }

    [Fact]
    public void Persistent_keepalive_turned_off_is_not_sent_again()
    {
        _pair.Connected();
        _pair.Alice.Device.SetPersistentKeepalive(_pair.Now, _pair.AlicesBob, TimeSpan.FromSeconds(1));
        _pair.Settle();
        _pair.Alice.Device.SetPersistentKeepalive(_pair.Now, _pair.AlicesBob, TimeSpan.FromSeconds(0));
        _pair.Advance(30);
        _pair.Eavesdropper.Log.Clear();
        _pair.Advance(60);
        Assert.Empty(_pair.Eavesdropper.Log);
    }

    [Fact]
    public void Persistent_keepalive_of_a_peer_without_endpoint_begins_when_it_speaks()
    {
        _pair.Bob.Device.SetPersistentKeepalive(_pair.Now, _pair.BobsAlice, TimeSpan.FromSeconds(3));
        _pair.Advance(10);
        Assert.Empty(_pair.Eavesdropper.Log);
        _pair.Connected();
        _pair.Advance(3);
        Assert.Single(_pair.Eavesdropper.Times(_pair.Bob, MessageType.Transport));
    }

    [Fact]
    public void Persistent_keepalive_that_was_turned_off_sends_none_that_was_due()
    {
        _pair.Connected();
        _pair.Alice.Device.SetPersistentKeepalive(_pair.Now, _pair.AlicesBob, TimeSpan.FromSeconds(20));
        _pair.Settle();
        _pair.Advance(15);
        _pair.Alice.Device.SetPersistentKeepalive(_pair.Now, _pair.AlicesBob, TimeSpan.FromSeconds(0));
        _pair.Eavesdropper.Log.Clear();
        _pair.Advance(30);
        Assert.Empty(_pair.Eavesdropper.Log);
    }

    [Fact]
    public void Keepalives_on_request_go_to_those_with_a_session()
    {
        _pair.Alice.Device.SendKeepalives(_pair.Now);
        _pair.Settle();
        Assert.Empty(_pair.Eavesdropper.Log);

        _pair.Connected();
        _pair.Eavesdropper.Log.Clear();
        _pair.Alice.Device.SendKeepalives(_pair.Now);
        _pair.Settle();
        var keepalive = Assert.Single(_pair.Eavesdropper.Log);
        Assert.True(keepalive.IsKeepalive);
        Assert.Equal(_pair.Alice.EndPoint, keepalive.Source);
    }
}
