using System.Net;

namespace Onetun.WireGuard.Tests;

/// <summary>
/// Under load: who is asked for a cookie, who is limited, what waits, and that honest peers come through. 32 handshake
/// messages are handled at once and 500 a second; 128 that wait are load, for a second after the last of them.
/// </summary>
public sealed class LoadTests : IDisposable
{
    private const int ToLoad = 32 + 128;

    private readonly PeerPair _pair = new(new PeerPairOptions { BobKnowsAlice = true });
    private readonly CookieGenerator _attacker;
    private readonly Random _random = new(1);

    public LoadTests()
    {
        _attacker = new CookieGenerator(_pair.Bob.Key.PublicKey);
    }

    public void Dispose() => _pair.Dispose();

    [Fact]
    public void Burst_is_handled_the_rest_waits_and_then_cookies_are_asked_for()
    {
        Assert.All(Flood(32), outcome => Assert.Equal(DatagramOutcome.InvalidHandshake, outcome));
        Assert.All(Flood(128), outcome => Assert.Equal(DatagramOutcome.HandshakeQueued, outcome));
        Assert.All(Flood(100), outcome => Assert.Equal(DatagramOutcome.CookieRequired, outcome));
        _pair.Bob.Transmit(_pair.Now, _pair.Eavesdropper);
        Assert.Equal(64, _pair.Eavesdropper.Count(MessageType.CookieReply));
    }

    [Fact]
    public void Bad_mac1_is_no_load_and_gets_no_answer()
    {
        for (var i = 0; i < 50_000; i++)
        {
            Assert.Equal(DatagramOutcome.InvalidMac1, _pair.Bob.Device.Receive(_pair.Now, Noise(), Source(i)).Outcome);
        }

        Assert.Equal(TimeSpan.MaxValue, _pair.Bob.Device.NextTimeout);
        _pair.AliceSends();
        _pair.Settle();
        Assert.Single(_pair.Bob.Packets);

        byte[] Noise()
        {
            var bytes = new byte[HandshakeInitiation.Size];
            _random.NextBytes(bytes);
            new byte[] { 1, 0, 0, 0 }.CopyTo(bytes, 0);
            return bytes;
        }
    }

    [Fact]
    public void What_waits_is_handled_500_times_a_second()
    {
        Flood(32 + 100);
        var start = _pair.Now;
        _pair.Advance(0.1);
        Assert.Equal(32L + 50, _pair.Bob.Device.Count(DatagramOutcome.InvalidHandshake));
        _pair.Advance(0.1);
        Assert.Equal(32L + 100, _pair.Bob.Device.Count(DatagramOutcome.InvalidHandshake));
        Assert.Equal(TimeSpan.MaxValue, _pair.Bob.Device.NextTimeout);
        Assert.Equal(start + TimeSpan.FromSeconds(0.2), _pair.Now);
    }

    [Fact]
    public void Load_is_latched_for_a_second()
    {
        Flood(ToLoad);
        Assert.Equal(DatagramOutcome.CookieRequired, Flood(1)[0]);
        _pair.Advance(0.999);
        Assert.Equal(DatagramOutcome.CookieRequired, Flood(1)[0]);
        _pair.Advance(0.002);
        Assert.Equal(DatagramOutcome.InvalidHandshake, Flood(1)[0]);
    }

    [Fact]
    public void Honest_initiator_gets_in_under_load_with_its_second_attempt()
    {
        KeepUnderLoad(0);
        _pair.AliceSends();
        _pair.Settle();
        Assert.Empty(_pair.Bob.Packets);
        Assert.Equal(1L, _pair.Alice.Device.Count(DatagramOutcome.CookieReply));

        KeepUnderLoad(6);
        Assert.Single(_pair.Bob.Packets);
        Assert.Equal(2, _pair.Eavesdropper.Times(_pair.Alice, MessageType.HandshakeInitiation).Length);
    }

    [Fact]
    public void Response_is_asked_for_a_cookie_too_and_the_next_handshake_succeeds()
    {
        // Bob is the initiator, and under load when Alice's response comes.
        KeepUnderLoad(0);
        _pair.BobSends();
        _pair.Settle();
        Assert.Equal(1, _pair.Eavesdropper.Count(MessageType.HandshakeResponse));
        Assert.Equal(1L, _pair.Alice.Device.Count(DatagramOutcome.CookieReply));
        Assert.Null(_pair.BobsAlice.Sessions.Current);

        KeepUnderLoad(6);
        Assert.Single(_pair.Alice.Packets);
    }

    [Fact]
    public void Cookie_of_another_address_or_port_is_asked_for_again()
    {
        KeepUnderLoad(0);
        var initiation = Initiation();
        var source = Source(1);
        Assert.Equal(DatagramOutcome.CookieRequired, _pair.Bob.Device.Receive(_pair.Now, initiation, source).Outcome);
        _pair.Bob.Transmit(_pair.Now, _pair.Eavesdropper);
        Assert.True(_attacker.TryConsume(_pair.Now, new CookieReply(_pair.Eavesdropper.Log[0].Bytes)));

        Assert.Equal(
            DatagramOutcome.CookieRequired,
            _pair.Bob.Device.Receive(_pair.Now, Initiation(), source with { Port = 9 }).Outcome);
        Assert.Equal(
            DatagramOutcome.CookieRequired,
            _pair.Bob.Device.Receive(_pair.Now, Initiation(), source with { Address = 9 }).Outcome);
        Assert.Equal(DatagramOutcome.HandshakeQueued, _pair.Bob.Device.Receive(_pair.Now, Initiation(), source).Outcome);
    }

    [Fact]
    public void Source_with_a_cookie_is_limited_and_others_are_not()
    {
        KeepUnderLoad(0);
        var first = Source(1);
        CookieGenerator[] senders = [CookieFor(first), CookieFor(Source(2))];
        DatagramOutcome[] outcomes = [.. Enumerable.Range(0, 6).Select(_ => Receive(senders[0], first))];
        Assert.Equal(
            [
                DatagramOutcome.HandshakeQueued, DatagramOutcome.HandshakeQueued, DatagramOutcome.HandshakeQueued,
                DatagramOutcome.HandshakeQueued, DatagramOutcome.HandshakeQueued, DatagramOutcome.RateLimited,
            ],
            outcomes);
        Assert.Equal(DatagramOutcome.HandshakeQueued, Receive(senders[1], Source(2)));
        Assert.Equal(1L, _pair.Bob.Device.Count(DatagramOutcome.RateLimited));
    }

    [Fact]
    public void Flood_of_responses_with_guessed_indices_is_no_load()
    {
        for (var i = 0; i < 10_000; i++)
        {
            var response = new byte[HandshakeResponse.Size];
            _random.NextBytes(response);
            new HandshakeResponse(response).WriteHeader(1, (uint)i);
            _attacker.AddMacs(_pair.Now, response);
            Assert.Equal(DatagramOutcome.UnknownIndex, _pair.Bob.Device.Receive(_pair.Now, response, Source(i)).Outcome);
        }

        Assert.Equal(DatagramOutcome.InvalidHandshake, Flood(1)[0]);
    }

    [Fact]
    public void Queue_is_bounded()
    {
        using var key = PrivateKey.Generate();
        using var device = new Device(new DeviceOptions { PrivateKey = key, MaxQueuedHandshakes = 8 }, new TestEnvironment(3));
        var generator = new CookieGenerator(key.PublicKey);
        var outcomes = new List<DatagramOutcome>();
        CookieGenerator[] senders = [.. Enumerable.Range(0, 4).Select(_ => new CookieGenerator(key.PublicKey))];
        for (var i = 0; i < 33; i++)
        {
            outcomes.Add(device.Receive(_pair.Now, Initiation(generator), Source(i)).Outcome);
        }

        // One waits, so the device is under load: four sources get a cookie and come five times each.
        var buffer = new byte[1500];
        for (var i = 0; i < senders.Length; i++)
        {
            device.Receive(_pair.Now, Initiation(senders[i]), Source(i));
            Assert.True(device.TryTransmit(_pair.Now, buffer, out _, out _, out _));
            Assert.True(senders[i].TryConsume(_pair.Now, new CookieReply(buffer)));
        }

        outcomes.Clear();
        for (var i = 0; i < 20; i++)
        {
            outcomes.Add(device.Receive(_pair.Now, Initiation(senders[i / 5]), Source(i / 5)).Outcome);
        }

        Assert.Equal(7, outcomes.Count(outcome => outcome == DatagramOutcome.HandshakeQueued));
        Assert.Equal(13, outcomes.Count(outcome => outcome == DatagramOutcome.HandshakeQueueFull));
    }

    [Fact]
    public void Established_session_is_untouched_by_a_flood()
    {
        _pair.Connected();
        for (var i = 0; i < 200; i++)
        {
            KeepUnderLoad(0.01);
            Assert.Equal(SendOutcome.Sealed, _pair.AliceSends());
            Assert.Equal(SendOutcome.Sealed, _pair.BobSends());
        }

        _pair.Settle();
        Assert.Equal(200, _pair.Bob.Packets.Count);
        Assert.Equal(200, _pair.Alice.Packets.Count);
    }

    [Fact]
    public void Cookie_reply_moves_neither_endpoint_nor_timers()
    {
        KeepUnderLoad(0);
        _pair.Eavesdropper.Filter = datagram => datagram.Source == _pair.Alice.EndPoint;
        _pair.AliceSends();
        _pair.Settle();
        byte[] reply = [.. _pair.Eavesdropper.Log.Last(datagram => datagram.Type == MessageType.CookieReply).Bytes];
        var next = _pair.Alice.Device.NextTimeout;
        Assert.Equal(DatagramOutcome.CookieReply, _pair.Alice.Device.Receive(_pair.Now, reply, Source(5)).Outcome);
        Assert.Equal(_pair.Bob.EndPoint, _pair.AlicesBob.EndPoint);
        Assert.Equal(next, _pair.Alice.Device.NextTimeout);
        Assert.False(_pair.Alice.Device.TryTransmit(_pair.Now, new byte[1500], out _, out _, out _));
    }

    /// <summary>Floods Bob every 50 ms for so long, while everything else goes on.</summary>
    private void KeepUnderLoad(double seconds)
    {
        Flood(ToLoad);
        for (double passed = 0; passed < seconds; passed += 0.05)
        {
            _pair.Advance(Math.Min(0.05, seconds - passed));
            Flood(ToLoad);
        }

        _pair.Eavesdropper.Filter ??= datagram => datagram.Destination.Port != 6666;
        _pair.Bob.Transmit(_pair.Now, _pair.Eavesdropper);
        _pair.Eavesdropper.Log.RemoveAll(datagram => datagram.Destination.Port == 6666);
    }

    private DatagramOutcome[] Flood(int count) =>
    [
        .. Enumerable.Range(0, count).Select(i => _pair.Bob.Device.Receive(_pair.Now, Initiation(), Source(_random.Next())).Outcome),
    ];

    private CookieGenerator CookieFor(UdpEndPoint source)
    {
        var generator = new CookieGenerator(_pair.Bob.Key.PublicKey);
        var buffer = new byte[1500];
        Assert.Equal(DatagramOutcome.CookieRequired, Receive(generator, source));
        Assert.True(_pair.Bob.Device.TryTransmit(_pair.Now, buffer, out _, out var destination, out var ecn));
        Assert.Equal(source, destination);
        Assert.Equal(EcnField.NotEct, ecn);
        Assert.True(generator.TryConsume(_pair.Now, new CookieReply(buffer)));
        return generator;
    }

    private DatagramOutcome Receive(CookieGenerator generator, UdpEndPoint source) =>
        _pair.Bob.Device.Receive(_pair.Now, Initiation(generator), source).Outcome;

    private byte[] Initiation() => Initiation(_attacker);

    /// <summary>Costs the receiver a key agreement: the ephemeral is a point, and mac1 is good.</summary>
    private byte[] Initiation(CookieGenerator generator)
    {
        var message = new byte[HandshakeInitiation.Size];
        _random.NextBytes(message);
        new HandshakeInitiation(message).WriteHeader((uint)_random.Next());
        generator.AddMacs(_pair.Now, message);
        return message;
    }

    private static UdpEndPoint Source(int number) =>
        UdpEndPoint.From(new IPEndPoint(new IPAddress(BitConverter.GetBytes(number)), 6666));
}
