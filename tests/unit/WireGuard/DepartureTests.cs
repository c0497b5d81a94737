namespace Onetun.WireGuard.Tests;

/// <summary>What is prepared can be sealed later, and what is found opened later, while the device goes on.</summary>
public sealed class DepartureTests : IDisposable
{
    private static readonly byte[] Packet = Packets.Ip(PeerPair.AliceAddress, PeerPair.BobAddress);
    private readonly PeerPair _pair = new PeerPair().Connected();

    public void Dispose() => _pair.Dispose();

    [Fact]
    public void Packet_lies_there_as_it_is_until_it_is_sealed()
    {
        var slot = Prepare(out var departure);
        Assert.Equal(Packet, slot[Device.HeaderLength..][..Packet.Length]);
        Assert.Equal(DatagramOutcome.InvalidPacket, Arrive([.. slot]));

        departure.Seal(slot);
        Assert.Equal(DatagramOutcome.Packet, Arrive(slot));
    }

    [Fact]
    public void Counters_are_given_in_the_order_of_preparation()
    {
        var first = Prepare(out var firstDeparture);
        var second = Prepare(out var secondDeparture);
        secondDeparture.Seal(second);
        firstDeparture.Seal(first);

        Assert.Equal(TransportHeader.Read(first).Counter + 1, TransportHeader.Read(second).Counter);
        Assert.Equal(DatagramOutcome.Packet, Arrive(first));
        Assert.Equal(DatagramOutcome.Packet, Arrive(second));
    }

    [Theory]
    [InlineData(AeadLibrary.OpenSsl)]
    [InlineData(AeadLibrary.Libsodium)]
    public void Nothing_is_left_of_a_packet_whose_cipher_has_been_disposed(AeadLibrary library)
    {
        Assert.SkipUnless(TransportCiphers.Choose(library) == library, $"{library} is not there");
        var cipher = TransportCiphers.Create(library, new byte[Aead.KeySize]);
        byte[] datagram = [.. Enumerable.Repeat((byte)1, 80)];
        var departure = new Departure(_pair.AlicesBob, datagram.Length, EcnField.NotEct, cipher, counter: 0);
        cipher.Dispose();
        departure.Seal(datagram);
        Assert.All(datagram, value => Assert.Equal(0, value));
    }

    [Fact]
    public void Nothing_is_left_of_a_packet_whose_peer_has_been_removed()
    {
        var slot = Prepare(out var departure);
        _pair.Alice.Device.RemovePeer(_pair.AlicesBob);
        departure.Seal(slot);
        Assert.All(slot, value => Assert.Equal(0, value));
    }

    [Fact]
    public void Packet_that_could_not_be_sealed_costs_its_peer_the_session()
    {
        Prepare(out var departure);
        _pair.Alice.Device.OnSealingFailed(_pair.Now, departure, new InvalidOperationException());
        Assert.False(_pair.AlicesBob.HasSession(_pair.Now));
        Assert.True(_pair.Alice.Device.TryTakeFault(out _));
    }

    [Fact]
    public void Packets_found_together_are_taken_one_after_the_other()
    {
        var (first, second) = (Sealed(), Sealed());
        byte[] again = [.. second];
        var bob = _pair.Bob.Device;
        Arrival[] arrivals = [bob.Find(_pair.Now, first), bob.Find(_pair.Now, second), bob.Find(_pair.Now, again)];
        arrivals[0].Open(first);
        arrivals[1].Open(second);
        arrivals[2].Open(again);

        Assert.Equal(DatagramOutcome.Packet, Take(arrivals[0], first));
        Assert.Equal(DatagramOutcome.Packet, Take(arrivals[1], second));
        Assert.Equal(DatagramOutcome.ReplayedPacket, Take(arrivals[2], again));
    }

    [Fact]
    public void Packet_whose_session_has_ended_since_it_was_found_is_dropped()
    {
        var datagram = Sealed();
        var arrival = _pair.Bob.Device.Find(_pair.Now, datagram);
        arrival.Open(datagram);
        _pair.BobsAlice.Restart(_pair.Now);
        Assert.Equal(DatagramOutcome.UnknownIndex, Take(arrival, datagram));
    }

    [Fact]
    public void Packet_whose_session_ends_before_it_is_opened_is_not_opened()
    {
        var datagram = Sealed();
        var arrival = _pair.Bob.Device.Find(_pair.Now, datagram);
        _pair.BobsAlice.Restart(_pair.Now);
        byte[] before = [.. datagram];
        arrival.Open(datagram);
        Assert.Equal(before, datagram);
    }

    private byte[] Sealed()
    {
        var slot = Prepare(out var departure);
        departure.Seal(slot);
        return slot;
    }

    private DatagramOutcome Take(in Arrival arrival, byte[] datagram) =>
        _pair.Bob.Device.Take(_pair.Now, arrival, datagram, _pair.BobsAlice.EndPoint, EcnField.NotEct).Outcome;

    /// <summary>As long as the datagram.</summary>
    private byte[] Prepare(out Departure departure)
    {
        var slot = new byte[_pair.Alice.Device.Mtu + 64];
        Packet.CopyTo(slot, Device.HeaderLength);
        Assert.Equal(SendOutcome.Sealed, _pair.Alice.Device.Prepare(_pair.Now, slot, Packet.Length, out departure));
        return slot[..departure.Length];
    }

    private DatagramOutcome Arrive(byte[] datagram) =>
        _pair.Bob.Device.Receive(_pair.Now, datagram, _pair.BobsAlice.EndPoint).Outcome;
}
