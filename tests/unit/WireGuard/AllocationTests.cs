using Onetun.Tests.Support;

namespace Onetun.WireGuard.Tests;

/// <summary>The steady state makes no garbage.</summary>
[Collection(Alone.Name)]
public sealed class AllocationTests
{
    private const int Packets = 100_000;

    [Fact]
    public void Hundred_thousand_packets_each_way_allocate_nothing()
    {
        using var pair = new PeerPair();
        pair.Connected();
        pair.BobSends();
        pair.Settle();
        var there = Tests.Packets.Ip(PeerPair.AliceAddress, PeerPair.BobAddress, 64);
        var back = Tests.Packets.Ip(PeerPair.BobAddress, PeerPair.AliceAddress, 64);
        var slot = new byte[256];
        var time = new Ticks { Now = pair.Now };
        Exchange(pair, there, back, slot, time, 1_000);

        Assert.Equal(0, Allocation.LeastOf(() => Exchange(pair, there, back, slot, time, Packets)));
    }

    [Fact]
    public void Peer_that_roams_with_every_packet_allocates_nothing_though_nobody_takes_the_events()
    {
        using var pair = new PeerPair();
        pair.Connected();
        var packet = Tests.Packets.Ip(PeerPair.AliceAddress, PeerPair.BobAddress, 64);
        var slot = new byte[256];
        var time = new Ticks { Now = pair.Now };
        Roam(2 * PeerEvents.Capacity);

        Assert.Equal(0, Allocation.LeastOf(() => Roam(2 * PeerEvents.Capacity)));
        Assert.True(pair.Bob.Device.DroppedPeerEvents > 3 * PeerEvents.Capacity - 10, "it has not roamed");

        void Roam(int count)
        {
            for (var i = 0; i < count; i++)
            {
                pair.Alice.EndPoint = pair.Alice.EndPoint with { Port = (ushort)(i + 1) };
                Pass(pair.Alice, pair.Bob, packet, slot, time.Now);
            }
        }
    }

    // As the driver does at each timeout, of which a busy tunnel has hundreds a second
    [Fact]
    public void Look_at_each_peer_allocates_nothing()
    {
        using var pair = new PeerPair();
        pair.Connected();
        var seen = 0;
        Look();

        Assert.Equal(0, Allocation.LeastOf(Look));
        Assert.NotEqual(0, seen);

        void Look()
        {
            foreach (var peer in pair.Alice.Device.Peers)
            {
                seen += peer.HasSession(pair.Now) ? 1 : 0;
            }
        }
    }

    /// <summary>A packet each way every 100 µs, and the timers as they come: ten seconds and a bit in all.</summary>
    private static void Exchange(PeerPair pair, byte[] there, byte[] back, byte[] slot, Ticks time, int count)
    {
        for (var i = 0; i < count; i++)
        {
            time.Now += TimeSpan.FromMicroseconds(100);
            Pass(pair.Alice, pair.Bob, there, slot, time.Now);
            Pass(pair.Bob, pair.Alice, back, slot, time.Now);
        }
    }

    private static void Pass(TestDevice from, TestDevice to, byte[] packet, byte[] slot, TimeSpan now)
    {
        packet.CopyTo(slot.AsSpan(Device.HeaderLength));
        var sent = from.Device.Send(now, slot, packet.Length, out var length, out _, out _);
        var received = to.Device.Receive(now, slot.AsSpan(0, length), from.EndPoint);
        if (to.Device.NextTimeout <= now)
        {
            to.Device.OnTimeout(now);
        }

        if (sent != SendOutcome.Sealed || received.Outcome != DatagramOutcome.Packet || received.Length != packet.Length)
        {
            Assert.Fail($"{sent}, {received.Outcome}");
        }
    }

    private sealed class Ticks
    {
        public TimeSpan Now { get; set; }
    }
}
