using System.Text;

namespace Onetun.WireGuard.Tests;

/// <summary>What the eavesdropper sees, and what <c>wg show</c> would.</summary>
public sealed class WireTests : IDisposable
{
    private readonly PeerPair _pair = new();

    public void Dispose() => _pair.Dispose();

    [Fact]
    public void Packets_on_the_wire_are_the_data_one_handshake_and_nothing_else()
    {
        for (var i = 0; i < 10; i++)
        {
            _pair.AliceSends();
            _pair.Settle();
        }

        Assert.Equal(1, _pair.Eavesdropper.Count(MessageType.HandshakeInitiation));
        Assert.Equal(1, _pair.Eavesdropper.Count(MessageType.HandshakeResponse));
        Assert.Equal(10, _pair.Eavesdropper.Count(MessageType.Transport));

        // Two, because more data came while the first was due.
        _pair.Advance(60);
        Assert.Equal(2, _pair.Eavesdropper.Log.Count(datagram => datagram.IsKeepalive));
    }

    [Fact]
    public void Nothing_happens_right_after_a_handshake()
    {
        _pair.Connected();
        _pair.Advance(9.9);
        Assert.Empty(_pair.Eavesdropper.Log);
    }

    [Fact]
    public void Ciphertext_is_a_multiple_of_16_up_to_the_mtu_and_never_more()
    {
        _pair.Connected();
        for (var length = 20; length <= 1420; length++)
        {
            _pair.AliceSends(length);
            var ciphertext = _pair.Eavesdropper.Log[^1].Bytes.Length - Device.Overhead;
            Assert.True(ciphertext % 16 == 0 || ciphertext == 1420, $"{length} -> {ciphertext}");
            Assert.InRange(ciphertext, length, 1420);
        }

        _pair.Settle();
        Assert.Equal(Enumerable.Range(20, 1401), _pair.Bob.Packets.Select(packet => packet.Length));
    }

    [Fact]
    public void Counters_rise_by_one_from_zero()
    {
        _pair.AliceSends();
        _pair.Settle();
        for (var i = 0; i < 10; i++)
        {
            _pair.AliceSends();
        }

        Assert.Equal(
            Enumerable.Range(0, 11).Select(i => (ulong)i),
            _pair.Eavesdropper.Log
                .Where(datagram => datagram.Type == MessageType.Transport)
                .Select(datagram => TransportHeader.Read(datagram.Bytes).Counter));
    }

    [Fact]
    public void Payload_is_not_readable_and_padding_tells_nothing()
    {
        var secret = Encoding.ASCII.GetBytes("attack at dawn, attack at dawn");
        byte[] packet = [.. Packets.Ip(PeerPair.AliceAddress, PeerPair.BobAddress, 40), .. secret];
        _pair.Connected();
        _pair.Alice.Send(_pair.Now, packet, _pair.Eavesdropper);
        _pair.Alice.Send(_pair.Now, packet, _pair.Eavesdropper);
        var first = _pair.Eavesdropper.Log[0].Bytes;
        var second = _pair.Eavesdropper.Log[1].Bytes;
        Assert.Equal(-1, first.AsSpan().IndexOf(secret.AsSpan(0, 8)));
        Assert.NotEqual(first[Device.HeaderLength..], second[Device.HeaderLength..]);
    }

    [Fact]
    public void Padding_is_zero_whatever_was_in_the_slot()
    {
        _pair.Connected();
        var slot = new byte[1500];
        slot.AsSpan().Fill(0xaa);
        Packets.Ip(PeerPair.AliceAddress, PeerPair.BobAddress, 33).CopyTo(slot, Device.HeaderLength);
        _pair.Alice.Device.Send(_pair.Now, slot, 33, out var length, out _, out _);
        var received = _pair.Bob.Device.Receive(_pair.Now, slot.AsSpan(0, length), _pair.Alice.EndPoint);
        Assert.Equal(33, received.Length);
        Assert.Equal(new byte[15], slot[(Device.HeaderLength + 33)..(Device.HeaderLength + 48)]);
    }

    [Fact]
    public void Reserved_bytes_are_sent_zero_and_must_be_zero()
    {
        _pair.AliceSends();
        _pair.Settle();
        Assert.All(_pair.Eavesdropper.Log, datagram => Assert.Equal([0, 0, 0], datagram.Bytes[1..4]));
        foreach (var datagram in _pair.Eavesdropper.Log)
        {
            for (var reserved = 1; reserved < 4; reserved++)
            {
                byte[] bytes = [.. datagram.Bytes];
                bytes[reserved] = 1;
                Assert.Equal(
                    DatagramOutcome.UnknownMessage, _pair.Bob.Device.Receive(_pair.Now, bytes, datagram.Source).Outcome);
            }
        }
    }

    [Fact]
    public void Message_of_another_length_is_no_message()
    {
        foreach ((var type, var size) in new[] { (1, 148), (2, 92), (3, 64) })
        {
            for (var length = 0; length < 300; length++)
            {
                var bytes = new byte[length];
                bytes.AsSpan(0, Math.Min(1, length)).Fill((byte)type);
                var outcome = _pair.Bob.Device.Receive(_pair.Now, bytes, _pair.Alice.EndPoint).Outcome;
                Assert.Equal(length != size, outcome == DatagramOutcome.UnknownMessage);
            }
        }
    }

    [Fact]
    public void Datagram_longer_than_any_packet_is_opened_or_dropped()
    {
        _pair.Connected();
        var slot = new byte[65535];
        Packets.Ip(PeerPair.AliceAddress, PeerPair.BobAddress, 65000).CopyTo(slot, Device.HeaderLength);
        _pair.AlicesBob.Sessions.Current!.Seal(slot, 65000);
        var received = _pair.Bob.Device.Receive(_pair.Now, slot.AsSpan(0, 65000 + Device.Overhead), _pair.Alice.EndPoint);
        Assert.Equal((DatagramOutcome.Packet, 65000), (received.Outcome, received.Length));
        Assert.Equal(DatagramOutcome.UnknownMessage, _pair.Bob.Device.Receive(_pair.Now, new byte[65535], _pair.Alice.EndPoint).Outcome);
    }

    [Fact]
    public void Large_mtu_carries_large_packets()
    {
        using var pair = new PeerPair(new PeerPairOptions { Mtu = 34736 }).Connected();
        foreach (var length in new[] { 1421, 9000, 34735, 34736 })
        {
            Assert.Equal(SendOutcome.Sealed, pair.AliceSends(length));
            Assert.Equal(SendOutcome.Sealed, pair.BobSends(length));
        }

        pair.Settle();
        Assert.Equal([1421, 9000, 34735, 34736], pair.Bob.Packets.Select(packet => packet.Length));
        Assert.Equal([1421, 9000, 34735, 34736], pair.Alice.Packets.Select(packet => packet.Length));
    }

    [Fact]
    public void Bytes_are_counted_as_the_kernel_counts_them()
    {
        _pair.AliceSends(84);
        _pair.Settle();
        for (var i = 0; i < 9; i++)
        {
            _pair.BobSends(84);
            _pair.AliceSends(84);
            _pair.Settle();
        }

        _pair.BobSends(84);
        _pair.Settle();
        var alice = _pair.AlicesBob.GetStatistics(_pair.Now);
        var bob = _pair.BobsAlice.GetStatistics(_pair.Now);
        Assert.Equal((1372L, 1428L), (alice.ReceivedBytes, alice.SentBytes));
        Assert.Equal((1428L, 1372L), (bob.ReceivedBytes, bob.SentBytes));
    }

    [Fact]
    public void Statistics_are_those_of_wg_show()
    {
        var before = _pair.AlicesBob.GetStatistics(_pair.Now);
        Assert.Null(before.LastHandshake);
        Assert.False(before.HasSession);
        Assert.Equal(_pair.Bob.EndPoint.ToIPEndPoint(), before.EndPoint);

        _pair.Alice.Device.SetPersistentKeepalive(_pair.Now, _pair.AlicesBob, TimeSpan.FromSeconds(25));
        _pair.Settle();
        var after = _pair.AlicesBob.GetStatistics(_pair.Now);
        Assert.Equal(_pair.Alice.Environment.UtcNow, after.LastHandshake);
        Assert.Equal(_pair.Bob.Environment.UtcNow, _pair.BobsAlice.GetStatistics(_pair.Now).LastHandshake);
        Assert.True(after.HasSession);
        Assert.Equal(TimeSpan.FromSeconds(25), after.PersistentKeepalive);
        Assert.Equal(_pair.Bob.Key.PublicKey, after.PublicKey);
        Assert.Equal(1L, _pair.Alice.Device.Count(DatagramOutcome.HandshakeResponse));
        Assert.Equal(1L, _pair.Bob.Device.Count(DatagramOutcome.Keepalive));
    }

    [Fact]
    public void Keepalive_that_is_due_but_never_transmitted_does_not_keep_the_device_busy()
    {
        _pair.Connected();
        var due = _pair.Bob.Device.NextTimeout;
        _pair.Bob.Device.OnTimeout(due);
        Assert.True(_pair.Bob.Device.NextTimeout > due);
    }

    [Fact]
    public void Wakeups_are_at_the_deadline_and_few()
    {
        _pair.Connected();
        var wakeups = 0;
        var end = _pair.Now + TimeSpan.FromSeconds(500);
        while (_pair.Alice.Device.NextTimeout < end)
        {
            var now = _pair.Alice.Device.NextTimeout;
            _pair.Alice.Device.OnTimeout(now);
            Assert.True(_pair.Alice.Device.NextTimeout > now);
            wakeups++;
        }

        Assert.InRange(wakeups, 0, 40);
    }
}
