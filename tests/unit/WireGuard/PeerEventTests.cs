using System.Net;

namespace Onetun.WireGuard.Tests;

/// <summary>What a device tells of its peers, and when.</summary>
public sealed class PeerEventTests : IDisposable
{
    private static readonly TimeSpan MaxJitter = TimeSpan.FromMilliseconds(333);

    private readonly PeerPair _pair = new();

    public void Dispose() => _pair.Dispose();

    [Fact]
    public void Event_says_whose_it_is_and_when_it_was()
    {
        TakeAll(_pair.Alice);
        _pair.Alice.Environment.UtcNow = new DateTime(2027, 5, 6, 7, 8, 9, DateTimeKind.Utc);
        _pair.AliceSends();
        _pair.Settle();

        Assert.Equal(
            [new HandshakeCompleted(_pair.Bob.Key.PublicKey, _pair.Alice.Environment.UtcNow, IsInitiator: true)],
            TakeAll(_pair.Alice));
    }

    [Fact]
    public void First_handshake_is_told_to_both_sides_and_where_the_initiator_is_to_the_responder()
    {
        _pair.AliceSends();
        _pair.Settle();

        Assert.Equal(["added", "completed as initiator"], Told(_pair.Alice));
        Assert.Equal(["added", "roamed to 192.0.2.1:1000", "completed as responder"], Told(_pair.Bob));
    }

    [Fact]
    public void Responder_is_not_told_of_a_session_before_the_initiator_has_used_it()
    {
        _pair.Eavesdropper.Filter = datagram => datagram.Type == MessageType.HandshakeInitiation;
        _pair.AliceSends();
        _pair.Advance(1);
        Assert.DoesNotContain("completed as responder", Told(_pair.Bob));
    }

    [Fact]
    public void Peers_that_come_and_go_are_told()
    {
        Told(_pair.Alice);
        _pair.Alice.Device.RemovePeer(_pair.AlicesBob);
        Assert.Equal(["removed"], Told(_pair.Alice));
        _pair.Alice.AddPeer(_pair.Now, _pair.Bob, knowsEndpoint: true, PeerPair.BobAddress);
        Assert.Equal(["added"], Told(_pair.Alice));
    }

    [Fact]
    public void Removed_peer_ends_its_session_first()
    {
        Connect();
        _pair.Alice.Device.RemovePeer(_pair.AlicesBob);
        Assert.Equal(["session ended", "removed"], Told(_pair.Alice));
    }

    [Fact]
    public void Peer_that_is_ourselves_by_a_changed_key_is_told_as_removed()
    {
        Connect();
        _pair.Alice.Device.SetPrivateKey(_pair.Bob.Key);
        Assert.Equal(["session ended", "removed"], Told(_pair.Alice));
    }

    [Fact]
    public void Session_ends_after_180_seconds_if_nothing_follows_and_is_told_then_and_once()
    {
        Connect();
        _pair.Advance(Constants.RejectAfterTime - TimeSpan.FromTicks(1));
        Assert.Empty(Told(_pair.Alice));
        Assert.Empty(Told(_pair.Bob));

        _pair.Advance(TimeSpan.FromTicks(1));
        Assert.Equal(["session ended"], Told(_pair.Alice));
        Assert.Equal(["session ended"], Told(_pair.Bob));
        _pair.Advance(1000);
        Assert.Empty(Told(_pair.Alice));
        Assert.Empty(Told(_pair.Bob));
    }

    [Fact]
    public void Session_that_is_followed_by_another_does_not_end()
    {
        Connect();
        for (var second = 0; second < 600; second++)
        {
            _pair.AliceSends();
            _pair.BobSends();
            _pair.Advance(1);
        }

        Assert.Equal(Enumerable.Repeat("completed as initiator", 4), Told(_pair.Alice));
        Assert.Equal(Enumerable.Repeat("completed as responder", 4), Told(_pair.Bob));
    }

    [Fact]
    public void Change_of_network_ends_the_session_and_the_next_begins()
    {
        Connect();
        _pair.Advance(10);
        _pair.Alice.Device.ExpireSessions(_pair.Now);
        Assert.Equal(["session ended"], Told(_pair.Alice));
        _pair.Advance(1);
        Assert.Equal(["completed as initiator"], Told(_pair.Alice));
        _pair.Advance(175); // The first session would have been 180 s old
        Assert.Empty(Told(_pair.Alice));
    }

    [Fact]
    public void Session_that_was_stopped_before_it_was_confirmed_ends_as_it_begins()
    {
        Connect();
        _pair.Advance(6);
        _pair.Eavesdropper.Filter = datagram => datagram.Type != MessageType.Transport;
        _pair.Alice.Device.RenewSessions(_pair.Now);
        _pair.Settle();
        using var key = PrivateKey.Generate();
        _pair.Bob.Device.SetPrivateKey(key);
        Assert.Equal(["session ended"], Told(_pair.Bob));

        _pair.Eavesdropper.Filter = null;
        _pair.AliceSends();
        _pair.Advance(0.1);
        Assert.Equal(["completed as responder", "session ended"], Told(_pair.Bob));
    }

    [Fact]
    public void Peer_that_is_heard_from_elsewhere_has_roamed()
    {
        Connect();
        _pair.Alice.EndPoint = UdpEndPoint.From(IPEndPoint.Parse("[2001:db8::7]:777"));
        _pair.AliceSends();
        _pair.AliceSends();
        _pair.Settle();
        Assert.Equal(["roamed to [2001:db8::7]:777"], Told(_pair.Bob));
    }

    [Fact]
    public void Peer_that_is_heard_at_another_address_of_ours_or_sent_to_elsewhere_by_us_has_not_roamed()
    {
        Connect();
        _pair.Alice.EndPoint = _pair.Alice.EndPoint with { Source = 7 };
        _pair.AliceSends();
        _pair.Settle();
        Assert.Equal((UInt128)7, _pair.BobsAlice.EndPoint.Source);
        _pair.Bob.Device.SetEndPoint(_pair.Now, _pair.BobsAlice, UdpEndPoint.From(IPEndPoint.Parse("192.0.2.77:7")));
        Assert.Empty(Told(_pair.Bob));
    }

    [Fact]
    public void Each_initiation_without_an_answer_is_told_with_its_number_and_then_that_it_is_given_up()
    {
        Told(_pair.Alice);
        _pair.Eavesdropper.Filter = _ => false;
        _pair.AliceSends();
        _pair.Advance(4.9);
        Assert.Empty(Told(_pair.Alice));
        _pair.Advance(0.1 + MaxJitter.TotalSeconds);
        Assert.Equal(["unanswered 1"], Told(_pair.Alice));

        _pair.Advance(300);
        Assert.Equal([.. Enumerable.Range(2, 19).Select(attempt => $"unanswered {attempt}"), "given up"], Told(_pair.Alice));
        Assert.Equal(20, _pair.Eavesdropper.Count(MessageType.HandshakeInitiation));

        _pair.AliceSends();
        _pair.Advance(5.5);
        Assert.Equal(["unanswered 21"], Told(_pair.Alice));
    }

    [Fact]
    public void Packets_to_send_do_not_hide_that_nothing_is_answered()
    {
        Told(_pair.Alice);
        _pair.Eavesdropper.Filter = _ => false;
        for (var i = 0; i < 100; i++)
        {
            _pair.AliceSends();
            _pair.Advance(0.1);
        }

        Assert.Equal(["unanswered 1"], Told(_pair.Alice));
    }

    [Fact]
    public void Answer_begins_the_count_again()
    {
        Told(_pair.Alice);
        _pair.Eavesdropper.Filter = _ => false;
        _pair.AliceSends();
        _pair.Advance(8);
        _pair.Eavesdropper.Filter = null;
        _pair.Advance(4);
        Assert.Equal(["unanswered 1", "unanswered 2", "completed as initiator"], Told(_pair.Alice));

        _pair.Advance(200);
        _pair.Eavesdropper.Filter = _ => false;
        _pair.AliceSends();
        _pair.Advance(5.5);
        Assert.Equal(["session ended", "unanswered 1"], Told(_pair.Alice));
    }

    [Fact]
    public void Initiation_that_is_repeated_elsewhere_before_its_time_is_not_told()
    {
        Told(_pair.Alice);
        _pair.Eavesdropper.Filter = _ => false;
        _pair.AliceSends();
        _pair.Advance(6);
        Assert.Equal(["unanswered 1"], Told(_pair.Alice));
        _pair.Alice.Device.SetEndPoint(_pair.Now, _pair.AlicesBob, UdpEndPoint.From(IPEndPoint.Parse("192.0.2.77:7")));
        Assert.Empty(Told(_pair.Alice));
    }

    [Fact]
    public void Initiation_that_the_peers_own_handshake_has_made_needless_is_not_told()
    {
        _pair.Eavesdropper.Filter = datagram => datagram.Source == _pair.Alice.EndPoint
            ? datagram.Type == MessageType.HandshakeInitiation
            : datagram.Type == MessageType.HandshakeResponse;
        _pair.AliceSends();
        _pair.Settle();
        _pair.BobSends();
        _pair.Advance(6);
        Assert.Single(_pair.Eavesdropper.Times(_pair.Bob, MessageType.HandshakeInitiation));

        _pair.Eavesdropper.Filter = null;
        _pair.AliceSends();
        _pair.Advance(200);
        _pair.BobSends();
        _pair.Settle();
        Assert.Equal(
            ["added", "roamed to 192.0.2.1:1000", "completed as responder", "session ended", "completed as initiator"],
            Told(_pair.Bob));
    }

    [Fact]
    public void Fault_ends_the_session()
    {
        Connect();
        _pair.Alice.Device.OnSealingFailed(_pair.Now, new Departure(_pair.AlicesBob, 0, default), new InvalidOperationException());
        Assert.Equal(["session ended"], Told(_pair.Alice));
    }

    [Fact]
    public void Of_too_many_events_the_oldest_are_dropped_and_counted()
    {
        Connect();
        for (var i = 0; i < PeerEvents.Capacity + 3; i++)
        {
            Roam(i);
        }

        Assert.Equal(3, _pair.Bob.Device.DroppedPeerEvents);
        var told = Told(_pair.Bob);
        Assert.Equal(PeerEvents.Capacity, told.Length);
        Assert.Equal("roamed to 192.0.2.1:10003", told[0]);
        Assert.False(_pair.Bob.Device.TryTakePeerEvent(out _));
    }

    private void Connect()
    {
        _pair.Connected();
        Told(_pair.Alice);
        Told(_pair.Bob);
    }

    private void Roam(int i)
    {
        _pair.Alice.EndPoint = _pair.Alice.EndPoint with { Port = (ushort)(10_000 + i) };
        _pair.AliceSends();
        _pair.Settle();
    }

    private static List<PeerEvent> TakeAll(TestDevice device)
    {
        var taken = new List<PeerEvent>();
        while (device.Device.TryTakePeerEvent(out var one))
        {
            taken.Add(one);
        }

        return taken;
    }

    /// <summary>Takes all events, in words.</summary>
    private static string[] Told(TestDevice device) => [.. TakeAll(device).Select(one => one switch
    {
        PeerAdded => "added",
        PeerRemoved => "removed",
        PeerRoamed roamed => $"roamed to {roamed.EndPoint}",
        HandshakeCompleted { IsInitiator: true } => "completed as initiator",
        HandshakeCompleted => "completed as responder",
        HandshakeUnanswered unanswered => $"unanswered {unanswered.Attempt}",
        HandshakeGivenUp => "given up",
        SessionEnded => "session ended",
        _ => one.ToString(),
    })];
}
