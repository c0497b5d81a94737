using System.Runtime.CompilerServices;

namespace Onetun.WireGuard.Tests;

/// <summary>A fault in the device's own code, made by taking a part of a session away, costs its peer that session and no more.</summary>
public sealed class FaultTests : IDisposable
{
    private readonly PeerPair _pair = new PeerPair().Connected();

    public void Dispose() => _pair.Dispose();

    [Fact]
    public void Fault_in_opening_a_packet_drops_it_and_the_next_packet_begins_anew()
    {
        Window(_pair.BobsAlice.Sessions.Current!) = null!;
        _pair.AliceSends();
        _pair.Settle();

        Assert.Empty(_pair.Bob.Packets);
        Assert.Equal(1L, _pair.Bob.Device.Count(DatagramOutcome.Fault));
        Assert.False(_pair.BobsAlice.HasSession(_pair.Now));

        _pair.Advance(5.5); // WireGuard §6.1: no two initiations within 5 s
        _pair.BobSends();
        _pair.Advance(1);
        Assert.Single(_pair.Alice.Packets);
    }

    [Fact]
    public void Fault_in_sealing_a_packet_drops_it_and_the_next_begins_anew()
    {
        Sending(_pair.AlicesBob.Sessions.Current!) = null!;

        Assert.Equal(SendOutcome.Fault, _pair.AliceSends());
        _pair.Advance(5.5);
        Assert.Equal(SendOutcome.Staged, _pair.AliceSends(tag: 9));
        _pair.Advance(1);

        Assert.Equal(Packets.Ip(PeerPair.AliceAddress, PeerPair.BobAddress, tag: 9), Assert.Single(_pair.Bob.Packets));
    }

    [Fact]
    public void Fault_in_a_timeout_neither_repeats_nor_stops_the_persistent_keepalive()
    {
        _pair.Alice.Device.SetPersistentKeepalive(_pair.Now, _pair.AlicesBob, TimeSpan.FromSeconds(25));
        _pair.Settle();
        Sending(_pair.AlicesBob.Sessions.Current!) = null!;

        _pair.Advance(40);
        Assert.True(_pair.Alice.Device.TryTakeFault(out _));
        Assert.True(_pair.Alice.Device.TryTakeFault(out var second)); // such a session cannot even be ended
        Assert.EndsWith("as it began anew", second.Where);
        _pair.Eavesdropper.Log.Clear();
        _pair.Advance(26);

        Assert.False(_pair.Alice.Device.TryTakeFault(out _));
        Assert.Equal(MessageType.HandshakeInitiation, _pair.Eavesdropper.Log[0].Type);
        Assert.True(_pair.AlicesBob.HasSession(_pair.Now));
    }

    [Fact]
    public void Fault_is_told_with_its_peer_and_what_was_thrown()
    {
        Window(_pair.BobsAlice.Sessions.Current!) = null!;
        _pair.AliceSends();
        _pair.Settle();

        Assert.True(_pair.Bob.Device.TryTakeFault(out var fault));
        Assert.Equal($"peer {_pair.Alice.Key.PublicKey.ToString()[..8]}...", fault.Where);
        Assert.IsType<NullReferenceException>(fault.Exception);
        Assert.False(_pair.Bob.Device.TryTakeFault(out _));
    }

    [Fact]
    public void Counter_that_would_wrap_seals_nothing()
    {
        var session = _pair.AlicesBob.Sessions.Current!;
        session.SendCounter = ulong.MaxValue;
        Assert.Throws<InvalidOperationException>(() => session.Seal(new byte[64], 16));
    }

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_window")]
    private static extern ref ReplayWindow Window(Session session);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_sending")]
    private static extern ref TransportKey Sending(Session session);
}
