using System.Net;

namespace Onetun.WireGuard.Tests;

/// <summary>Packets that wait for a session: in order, bounded, the oldest dropped.</summary>
public sealed class StagedPacketsTests : IDisposable
{
    private readonly PeerPair _pair = new();

    public void Dispose() => _pair.Dispose();

    [Fact]
    public void Hundred_and_twenty_eight_packets_wait_and_the_oldest_goes_first()
    {
        for (var i = 0; i < 130; i++)
        {
            Assert.Equal(SendOutcome.Staged, _pair.AliceSends(tag: i));
        }

        _pair.Settle();
        Assert.Equal(128, _pair.Bob.Packets.Count);
        Assert.Equal(
            Enumerable.Range(2, 128).Select(i => Packets.Ip(PeerPair.AliceAddress, PeerPair.BobAddress, tag: i)),
            _pair.Bob.Packets);
        Assert.Equal(2L, _pair.Alice.Device.StagedOverflows);
    }

    [Fact]
    public void Packets_of_many_dead_peers_are_bounded_together_and_do_not_stop_a_live_one()
    {
        var dead = new List<TestDevice>();
        _pair.Eavesdropper.Filter = datagram => datagram.Destination.Port != 4000;
        for (var i = 0; i < 20; i++)
        {
            dead.Add(new TestDevice("Dead", 100 + i, $"192.0.2.{100 + i}:4000"));
            _pair.Alice.AddPeer(_pair.Now, dead[i], true, $"10.1.0.{i}");
            for (var packet = 0; packet < 128; packet++)
            {
                _pair.Alice.Send(_pair.Now, Packets.Ip("10.0.0.1", $"10.1.0.{i}"), _pair.Eavesdropper);
            }
        }

        Assert.Equal(1024, _pair.Alice.Device.Peers.Sum(peer => peer.Staged.Count));
        Assert.Equal((20L * 128) - 1024, _pair.Alice.Device.StagedOverflows);
        _pair.AliceSends();
        _pair.Settle();
        Assert.Single(_pair.Bob.Packets);
        dead.ForEach(device => device.Dispose());
    }

    [Fact]
    public void Oldest_of_a_full_queue_makes_room_and_else_the_oldest_of_all_whoevers_it_is()
    {
        var staged = new StagedPackets(limitPerPeer: 3, limit: 4);
        var one = new StagedPackets.PeerQueue(staged);
        var other = new StagedPackets.PeerQueue(staged);
        one.Add([1]);
        one.Add([2]);
        other.Add([3]);
        other.Add([4]);
        other.Add([5]);
        Assert.Equal((1, 3, 1L), (one.Count, other.Count, staged.Overflows));

        other.Add([6]);
        Assert.Equal((1, 3, 2L), (one.Count, other.Count, staged.Overflows));
        Assert.Equal([2], one.Take());
        Assert.Equal([4], other.Take());
        other.Clear();
        Assert.Equal((0, 0, 4L), (one.Count, other.Count, staged.Departures));
    }

    [Fact]
    public void Device_tells_that_one_more_would_push_out_one_that_waits_until_there_is_room()
    {
        for (var i = 0; i < 128; i++)
        {
            Assert.False(IsFullFor(PeerPair.BobAddress));
            _pair.AliceSends(tag: i);
        }

        Assert.True(IsFullFor(PeerPair.BobAddress));
        Assert.False(IsFullFor("10.9.9.9")); // who is nobody's
        var departures = _pair.Alice.Device.StagedDepartures;
        _pair.Settle();
        Assert.False(IsFullFor(PeerPair.BobAddress));
        Assert.Equal(departures + 128, _pair.Alice.Device.StagedDepartures);
        Assert.Equal(0L, _pair.Alice.Device.StagedOverflows);
    }

    [Fact]
    public void Each_peer_may_begin_a_handshake_however_much_waits_for_others()
    {
        var dead = new List<TestDevice>();
        for (var i = 0; i < 9; i++)
        {
            dead.Add(new TestDevice("Dead", 100 + i, $"192.0.2.{100 + i}:4000"));
            _pair.Alice.AddPeer(_pair.Now, dead[i], true, $"10.1.0.{i}");
            while (!IsFullFor($"10.1.0.{i}"))
            {
                _pair.Alice.Send(_pair.Now, Packets.Ip("10.0.0.1", $"10.1.0.{i}"), _pair.Eavesdropper);
            }
        }

        Assert.Equal([127, .. Enumerable.Repeat(128, 7), 1], dead.Select((_, i) => Staged($"10.1.0.{i}")));
        Assert.Equal(1L, _pair.Alice.Device.StagedOverflows);
        Assert.False(IsFullFor(PeerPair.BobAddress));
        dead.ForEach(device => device.Dispose());
    }

    [Fact]
    public void Packet_sent_while_others_wait_goes_behind_them()
    {
        _pair.AliceSends(tag: 0);
        _pair.AliceSends(tag: 1);
        _pair.Eavesdropper.Deliver(_pair.Now);
        _pair.Bob.Transmit(_pair.Now, _pair.Eavesdropper);
        _pair.Eavesdropper.Deliver(_pair.Now);
        Assert.NotNull(_pair.AlicesBob.Sessions.Current);
        Assert.Equal(SendOutcome.Staged, _pair.AliceSends(tag: 2));
        Assert.Equal(SendOutcome.Sealed, _pair.AliceSends(tag: 3));
        _pair.Settle();
        Assert.Equal(
            Enumerable.Range(0, 4).Select(i => Packets.Ip(PeerPair.AliceAddress, PeerPair.BobAddress, tag: i)),
            _pair.Bob.Packets);
    }

    [Fact]
    public void Waiting_packets_are_a_copy()
    {
        var slot = new byte[1500];
        Packets.Ip(PeerPair.AliceAddress, PeerPair.BobAddress).CopyTo(slot, Device.HeaderLength);
        _pair.Alice.Device.Send(_pair.Now, slot, 100, out var length, out _, out _);
        Assert.Equal(0, length);
        slot.AsSpan().Clear();
        _pair.Settle();
        Assert.Equal(Packets.Ip(PeerPair.AliceAddress, PeerPair.BobAddress), Assert.Single(_pair.Bob.Packets));
    }

    [Fact]
    public void Removed_peer_takes_its_waiting_packets_along()
    {
        _pair.AliceSends();
        _pair.Alice.Device.RemovePeer(_pair.AlicesBob);
        Assert.Equal(0, _pair.AlicesBob.Staged.Count);
        _pair.Eavesdropper.Log.Clear();
        _pair.Advance(200);
        Assert.Empty(_pair.Eavesdropper.Times(_pair.Alice, MessageType.HandshakeInitiation));
    }

    private bool IsFullFor(string address) => _pair.Alice.Device.IsFullFor(IPAddress.Parse(address).GetAddressBytes());

    private int Staged(string address) => _pair.Alice.Device.FindRoute(IPAddress.Parse(address).GetAddressBytes())!.Staged.Count;

    [Fact]
    public void Peers_with_something_to_transmit_take_turns()
    {
        using var carol = new TestDevice("Carol", 9, "192.0.2.3:3000");
        _pair.Alice.AddPeer(_pair.Now, carol, true, "10.0.0.3");
        _pair.AliceSends();
        _pair.Alice.Send(_pair.Now, Packets.Ip("10.0.0.1", "10.0.0.3"), _pair.Eavesdropper);
        Assert.Equal(
            [_pair.Bob.EndPoint, carol.EndPoint], _pair.Eavesdropper.Log.Select(datagram => datagram.Destination));
    }
}
