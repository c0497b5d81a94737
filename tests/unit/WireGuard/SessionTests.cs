namespace Onetun.WireGuard.Tests;

/// <summary>Sessions: when they are replaced, when they end, which one sends and which ones receive.</summary>
public sealed class SessionTests : IDisposable
{
    private readonly PeerPair _pair = new PeerPair().Connected();

    public void Dispose() => _pair.Dispose();

    // -- Age ----------------------------------------------------------------------------------------------------

    [Fact]
    public void Initiator_replaces_a_session_older_than_120_seconds_when_it_sends()
    {
        _pair.Advance(120);
        _pair.AliceSends();
        _pair.Settle();
        Assert.Equal(0, _pair.Eavesdropper.Count(MessageType.HandshakeInitiation));
        _pair.Advance(0.001);
        _pair.AliceSends();
        _pair.Settle();
        Assert.Equal(1, _pair.Eavesdropper.Count(MessageType.HandshakeInitiation));
        Assert.Equal(2, _pair.Bob.Packets.Count);
        Assert.Equal(_pair.AlicesBob.Sessions.Current!.LocalIndex, _pair.BobsAlice.Sessions.Current!.RemoteIndex);
    }

    [Fact]
    public void Responder_does_not_replace_a_session_however_much_it_sends()
    {
        _pair.Eavesdropper.Filter = datagram => datagram.Source == _pair.Alice.EndPoint;
        for (var second = 0; second < 179; second++)
        {
            _pair.BobSends();
            _pair.AlicesBob.Sessions.Current!.TryAskForSuccessor(_pair.Now); // so that Alice does not
            _pair.Alice.Device.Receive(_pair.Now, [.. _pair.Eavesdropper.Log[^1].Bytes], _pair.Bob.EndPoint);
            _pair.Advance(1);
        }

        Assert.Empty(_pair.Eavesdropper.Times(_pair.Bob, MessageType.HandshakeInitiation));
    }

    [Fact]
    public void Initiator_replaces_a_session_older_than_165_seconds_when_it_receives_once()
    {
        _pair.Advance(165);
        _pair.BobSends();
        _pair.Settle();
        Assert.Empty(_pair.Eavesdropper.Times(_pair.Alice, MessageType.HandshakeInitiation));

        _pair.Eavesdropper.Filter = datagram => datagram.Type == MessageType.Transport;
        _pair.Advance(0.001);
        _pair.BobSends();
        _pair.Settle();
        Assert.Single(_pair.Eavesdropper.Times(_pair.Alice, MessageType.HandshakeInitiation));
        Assert.False(_pair.AlicesBob.Sessions.Current!.TryAskForSuccessor(_pair.Now));
    }

    [Fact]
    public void Responder_does_not_replace_a_session_when_it_receives()
    {
        _pair.Advance(166);
        _pair.Eavesdropper.Filter = datagram => datagram.Type == MessageType.Transport;
        _pair.AliceSends();
        _pair.Settle();
        Assert.Empty(_pair.Eavesdropper.Times(_pair.Bob, MessageType.HandshakeInitiation));
    }

    [Fact]
    public void Session_of_180_seconds_is_not_sent_on()
    {
        _pair.Eavesdropper.Filter = datagram => datagram.Type == MessageType.Transport;
        _pair.Advance(179.999);
        Assert.Equal(SendOutcome.Sealed, _pair.AliceSends());
        _pair.Advance(0.001);
        Assert.Equal(SendOutcome.Staged, _pair.AliceSends());
        Assert.Equal(SendOutcome.Staged, _pair.BobSends());
    }

    [Fact]
    public void Session_of_180_seconds_is_not_received_on()
    {
        _pair.Advance(100);
        _pair.Eavesdropper.Filter = _ => false;
        _pair.AliceSends();
        _pair.AliceSends();
        _pair.Advance(79.999);
        var frames = LastTransports();
        Assert.Equal(DatagramOutcome.Packet, _pair.Bob.Device.Receive(_pair.Now, frames[0], _pair.Alice.EndPoint).Outcome);
        _pair.Advance(0.001);
        Assert.Equal(
            DatagramOutcome.SessionExpired, _pair.Bob.Device.Receive(_pair.Now, frames[1], _pair.Alice.EndPoint).Outcome);
    }

    // -- Counters -----------------------------------------------------------------------------------------------

    [Fact]
    public void Session_is_replaced_after_two_to_the_60_messages_by_either_side()
    {
        foreach (var isAlice in new[] { true, false })
        {
            using var pair = new PeerPair(new PeerPairOptions { BobKnowsAlice = true }).Connected();
            pair.Advance(20);
            pair.Eavesdropper.Log.Clear();
            var session = (isAlice ? pair.AlicesBob : pair.BobsAlice).Sessions.Current!;
            session.SendCounter = Constants.RekeyAfterMessages - 1;
            _ = isAlice ? pair.AliceSends() : pair.BobSends();
            Assert.Equal(0, pair.Eavesdropper.Count(MessageType.HandshakeInitiation));
            _ = isAlice ? pair.AliceSends() : pair.BobSends();
            Assert.Equal(1, pair.Eavesdropper.Count(MessageType.HandshakeInitiation));
        }
    }

    [Fact]
    public void Last_counter_is_sent_and_received_and_the_next_packet_waits_for_a_new_session()
    {
        _pair.Advance(20);
        _pair.AlicesBob.Sessions.Current!.SendCounter = Constants.RejectAfterMessages - 1;
        _pair.Eavesdropper.Filter = datagram => datagram.Type == MessageType.Transport;
        Assert.Equal(SendOutcome.Sealed, _pair.AliceSends());
        _pair.Settle();
        Assert.Single(_pair.Bob.Packets);

        Assert.Equal(SendOutcome.Staged, _pair.AliceSends());
        _pair.Eavesdropper.Filter = null;
        _pair.Advance(6);
        Assert.Equal(2, _pair.Bob.Packets.Count);
    }

    [Fact]
    public void Counter_at_the_limit_is_not_received()
    {
        var frame = Frame(Constants.RejectAfterMessages);
        Assert.Equal(
            DatagramOutcome.ReplayedPacket, _pair.Bob.Device.Receive(_pair.Now, frame, _pair.Alice.EndPoint).Outcome);
        frame = Frame(Constants.RejectAfterMessages - 1);
        Assert.Equal(DatagramOutcome.Packet, _pair.Bob.Device.Receive(_pair.Now, frame, _pair.Alice.EndPoint).Outcome);
    }

    [Fact]
    public void Counter_limit_in_the_middle_of_what_was_staged_leaves_the_rest_for_the_next_session()
    {
        using var pair = new PeerPair();
        for (var i = 0; i < 10; i++)
        {
            pair.AliceSends(tag: i);
        }

        pair.Eavesdropper.Filter = _ => true;
        pair.Eavesdropper.Deliver(pair.Now);
        pair.Bob.Transmit(pair.Now, pair.Eavesdropper);
        pair.Eavesdropper.Deliver(pair.Now);
        pair.AlicesBob.Sessions.Current!.SendCounter = Constants.RejectAfterMessages - 4;
        pair.Settle();
        Assert.Equal(4, pair.Bob.Packets.Count);
        pair.Advance(6);
        Assert.Equal(10, pair.Bob.Packets.Count);
        Assert.Equal(Enumerable.Range(0, 10), pair.Bob.Packets.Select(packet => (packet[^1] - (7 * 99)) & 255));
    }

    [Fact]
    public void Replayed_packet_is_dropped_and_a_forged_one_moves_nothing()
    {
        _pair.AliceSends();
        _pair.Settle();
        byte[] replayed = [.. _pair.Eavesdropper.Log[^1].Bytes];
        Assert.Equal(
            DatagramOutcome.ReplayedPacket, _pair.Bob.Device.Receive(_pair.Now, replayed, _pair.Alice.EndPoint).Outcome);

        var forged = Frame(100_000);
        forged[^1] ^= 1;
        Assert.Equal(
            DatagramOutcome.InvalidPacket, _pair.Bob.Device.Receive(_pair.Now, forged, _pair.Alice.EndPoint).Outcome);
        Assert.Equal(SendOutcome.Sealed, _pair.AliceSends());
        _pair.Settle();
        Assert.Equal(2, _pair.Bob.Packets.Count);
    }

    // -- Slots --------------------------------------------------------------------------------------------------

    [Fact]
    public void Responder_does_not_send_on_a_new_session_before_a_packet_came_on_it()
    {
        using var pair = new PeerPair(new PeerPairOptions { BobKnowsAlice = true });
        pair.Eavesdropper.Filter = datagram => datagram.Type != MessageType.Transport;
        pair.AliceSends();
        pair.Settle();
        Assert.NotNull(pair.BobsAlice.Sessions.Next);
        Assert.Equal(SendOutcome.Staged, pair.BobSends());
        pair.Settle();
        Assert.Empty(pair.Eavesdropper.Times(pair.Bob, MessageType.Transport));
        Assert.Empty(pair.Eavesdropper.Times(pair.Bob, MessageType.HandshakeInitiation));

        pair.Eavesdropper.Filter = null;
        pair.AliceSends();
        pair.Settle();
        Assert.Null(pair.BobsAlice.Sessions.Next);
        Assert.Single(pair.Alice.Packets);
    }

    [Fact]
    public void Initiator_confirms_with_an_empty_packet_if_nothing_waits()
    {
        using var pair = new PeerPair();
        pair.Alice.Device.SetPersistentKeepalive(pair.Now, pair.AlicesBob, TimeSpan.FromSeconds(60));
        pair.Settle();
        Assert.True(pair.Eavesdropper.Log[2].IsKeepalive);
        Assert.NotNull(pair.BobsAlice.Sessions.Current);
    }

    [Fact]
    public void Packets_under_way_on_the_previous_session_are_received()
    {
        _pair.Eavesdropper.Filter = datagram => datagram.Type != MessageType.Transport;
        _pair.AliceSends(tag: 1);
        _pair.BobSends(tag: 2);
        byte[] toBob = [.. _pair.Eavesdropper.Log[^2].Bytes];
        byte[] toAlice = [.. _pair.Eavesdropper.Log[^1].Bytes];
        _pair.Eavesdropper.Filter = null;
        _pair.Advance(121);
        _pair.AliceSends();
        _pair.Settle();

        Assert.Equal(DatagramOutcome.Packet, _pair.Bob.Device.Receive(_pair.Now, toBob, _pair.Alice.EndPoint).Outcome);
        Assert.Equal(DatagramOutcome.Packet, _pair.Alice.Device.Receive(_pair.Now, toAlice, _pair.Bob.EndPoint).Outcome);
    }

    [Fact]
    public void Responder_keeps_sending_on_the_current_session_while_the_next_is_unconfirmed()
    {
        _pair.Advance(121);
        var current = _pair.BobsAlice.Sessions.Current!;
        _pair.Eavesdropper.Filter = datagram => datagram.Type == MessageType.HandshakeInitiation;
        _pair.AliceSends();
        _pair.Settle();
        Assert.NotNull(_pair.BobsAlice.Sessions.Next);
        Assert.Equal(SendOutcome.Sealed, _pair.BobSends());
        Assert.Equal(current.RemoteIndex, TransportHeader.Read(_pair.Eavesdropper.Log[^1].Bytes).Receiver);
    }

    [Fact]
    public void Deleted_sessions_free_their_indices()
    {
        for (var i = 0; i < 10; i++)
        {
            _pair.Advance(125);
            _pair.AliceSends();
            _pair.Settle();
        }

        Assert.Equal(2, LiveSessions(_pair.AlicesBob));
        Assert.Equal(2, LiveSessions(_pair.BobsAlice));
        _pair.Advance(600);
        Assert.Equal(0, LiveSessions(_pair.AlicesBob));
        _pair.AliceSends();
        _pair.Settle();
        Assert.Equal(1, LiveSessions(_pair.AlicesBob));
    }

    [Fact]
    public void Session_indices_are_those_in_the_headers()
    {
        _pair.AliceSends();
        var receiver = TransportHeader.Read(_pair.Eavesdropper.Log[^1].Bytes).Receiver;
        Assert.Equal(_pair.BobsAlice.Sessions.Current!.LocalIndex, receiver);
        Assert.Equal(_pair.AlicesBob.Sessions.Current!.RemoteIndex, receiver);
    }

    private static int LiveSessions(Peer peer) =>
        new[] { peer.Sessions.Previous, peer.Sessions.Current, peer.Sessions.Next }.Count(session => session is not null);

    private byte[][] LastTransports() =>
    [
        .. _pair.Eavesdropper.Log
            .Where(datagram => datagram.Source == _pair.Alice.EndPoint && datagram.Type == MessageType.Transport && !datagram.IsKeepalive)
            .Select(datagram => datagram.Bytes.ToArray()),
    ];

    /// <summary>What Alice would send with this counter.</summary>
    private byte[] Frame(ulong counter)
    {
        var session = _pair.AlicesBob.Sessions.Current!;
        var before = session.SendCounter;
        var packet = Packets.Ip(PeerPair.AliceAddress, PeerPair.BobAddress, 96);
        var slot = new byte[packet.Length + Device.Overhead];
        packet.CopyTo(slot, Device.HeaderLength);
        session.SendCounter = counter;
        session.Seal(slot, packet.Length);
        session.SendCounter = before;
        return slot;
    }
}
