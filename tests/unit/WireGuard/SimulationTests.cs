using System.Buffers.Binary;
using System.Net;

namespace Onetun.WireGuard.Tests;

/// <summary>
/// An hour of traffic between three peers over a network that loses, doubles and reorders, with an enemy who replays and
/// forges.
/// </summary>
public sealed class SimulationTests : IDisposable
{
    private const double Loss = 0.05;
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    private readonly Random _random = new(20260102);
    private readonly TestDevice[] _devices =
    [
        new("Alice", 1, "192.0.2.1:1000"), new("Bob", 2, "192.0.2.2:2000"), new("Carol", 3, "[2001:db8::3]:3000"),
    ];

    private readonly PriorityQueue<(Datagram Datagram, bool IsEnemys), (TimeSpan At, long Order)> _network = new();
    private readonly List<Datagram> _heard = [];
    private readonly HashSet<string> _lost = [];
    private readonly HashSet<string> _sent = [];
    private readonly HashSet<string> _delivered = [];
    private readonly Dictionary<(TestDevice, Peer), int> _handshakes = [];
    private readonly byte[] _buffer = new byte[2048];
    private TimeSpan _now = TimeSpan.FromHours(5);
    private long _order;
    private int _enemysAccepted;

    public void Dispose() => Array.ForEach(_devices, device => device.Dispose());

    [Fact]
    public void Hour_with_loss_duplication_and_reordering_rekeys_28_times_and_loses_only_what_the_network_lost()
    {
        for (var i = 0; i < _devices.Length; i++)
        {
            for (var j = 0; j < _devices.Length; j++)
            {
                if (i != j)
                {
                    _devices[i].AddPeer(_now, _devices[j], knowsEndpoint: true, $"10.0.0.{j}");
                }
            }
        }

        var start = _now;
        long memory = 0;
        for (var message = 0; _now < start + Hour; message++)
        {
            Run(_now + TimeSpan.FromMilliseconds(_random.Next(1, 60)));
            SendOne(message);
            if (_now - start > Hour / 4 && memory == 0)
            {
                memory = LiveObjects();
            }
        }

        var memoryAtEnd = LiveObjects();
        Run(_now + TimeSpan.FromSeconds(30));

        Assert.Empty(_sent.Except(_delivered).Except(_lost));
        Assert.Equal(0, _enemysAccepted);
        Assert.True(_delivered.Count > 50_000, $"{_delivered.Count} delivered");
        Assert.InRange((double)_lost.Count / _sent.Count, Loss / 2, Loss * 2);
        Assert.True(memoryAtEnd <= memory + 4, $"{memory} -> {memoryAtEnd} indices");
        foreach (var device in _devices)
        {
            // Each pair of peers makes one handshake in two minutes; each side sees it as one or the other.
            foreach (var peer in device.Device.Peers)
            {
                Assert.True(_handshakes[(device, peer)] >= 28, $"{device.Name}: {_handshakes[(device, peer)]} handshakes");
            }
        }
    }

    /// <summary>Lets time pass and everything happen when it is due.</summary>
    private void Run(TimeSpan end)
    {
        while (true)
        {
            var next = _devices.Min(device => device.Device.NextTimeout);
            var isArrival = _network.TryPeek(out _, out var arrival) && arrival.At <= next;
            next = isArrival ? arrival.At : next;
            if (next > end)
            {
                break;
            }

            _now = next > _now ? next : _now;
            if (isArrival)
            {
                (var datagram, var isEnemys) = _network.Dequeue();
                Arrive(datagram, isEnemys);
            }

            foreach (var device in _devices)
            {
                device.Environment.UtcNow = DateTime.UnixEpoch.AddYears(56) + _now;
                device.Device.OnTimeout(_now);
                Pull(device);
            }
        }

        _now = end;
    }

    /// <summary>A packet with a name from one device to another.</summary>
    private void SendOne(int message)
    {
        var from = _random.Next(_devices.Length);
        var to = (from + _random.Next(1, _devices.Length)) % _devices.Length;
        var packet = Packets.Ip($"10.0.0.{from}", $"10.0.0.{to}", _random.Next(40, 300));
        BinaryPrimitives.WriteInt32LittleEndian(packet.AsSpan(20), message);
        _sent.Add(Name(packet));
        packet.CopyTo(_buffer, Device.HeaderLength);
        var outcome = _devices[from].Device.Send(_now, _buffer, packet.Length, out var length, out var destination, out _);
        Assert.True(outcome is SendOutcome.Sealed or SendOutcome.Staged);
        if (outcome == SendOutcome.Sealed)
        {
            Carry(_devices[from], _buffer[..length], destination, Name(packet));
        }

        Pull(_devices[from]);
    }

    private void Pull(TestDevice device)
    {
        while (device.Device.TryTransmit(_now, _buffer, out var length, out var destination, out _))
        {
            Carry(device, _buffer[..length], destination, name: null);
        }
    }

    private void Carry(TestDevice sender, byte[] bytes, UdpEndPoint destination, string? name)
    {
        var datagram = new Datagram(_now, sender.EndPoint, destination, bytes);
        if (name is not null && _random.NextDouble() < Loss)
        {
            _lost.Add(name);
        }
        else if (name is not null || _random.NextDouble() >= Loss || IsStagedData(datagram))
        {
            Deliver(datagram, isEnemys: false);
            if (_random.NextDouble() < 0.05)
            {
                Deliver(datagram, isEnemys: true);
            }

            Listen(datagram);
        }
    }

    /// <summary>What was staged has no name here, so it is not lost: every packet that misses was lost on purpose.</summary>
    private static bool IsStagedData(Datagram datagram) => datagram.Type == MessageType.Transport && !datagram.IsKeepalive;

    /// <summary>The enemy keeps some of what arrives (what does not, he could deliver as well as the network), plays them again, and damages them.</summary>
    private void Listen(Datagram datagram)
    {
        if (_random.Next(50) == 0)
        {
            _heard.Add(datagram);
        }

        if (_heard.Count > 0 && _random.Next(20) == 0)
        {
            var old = _heard[_random.Next(_heard.Count)];
            byte[] bytes = [.. old.Bytes];
            if (_random.Next(2) == 0)
            {
                bytes[_random.Next(bytes.Length - 32)] ^= (byte)_random.Next(1, 256);
            }

            Deliver(old with { Bytes = bytes, Source = new UdpEndPoint(666, 666) }, isEnemys: true);
        }
    }

    private void Deliver(Datagram datagram, bool isEnemys)
    {
        // Up to 80 ms, so that hundreds overtake each other; a copy is never first.
        var milliseconds = (_random.NextDouble() * 80) + (isEnemys ? 100 : 0);
        _network.Enqueue((datagram, isEnemys), (_now + TimeSpan.FromMilliseconds(milliseconds), _order++));
    }

    private void Arrive(Datagram datagram, bool isEnemys)
    {
        var receiver = _devices.Single(device => device.EndPoint == datagram.Destination);
        byte[] bytes = [.. datagram.Bytes];
        var received = receiver.Device.Receive(_now, bytes, datagram.Source);
        var isAccepted = received.Outcome <= DatagramOutcome.HandshakeResponse;
        if (isEnemys && isAccepted && datagram.Source == new UdpEndPoint(666, 666))
        {
            _enemysAccepted++;
        }

        if (received.Outcome is DatagramOutcome.HandshakeResponse or DatagramOutcome.HandshakeInitiation)
        {
            (TestDevice, Peer) key = (receiver, received.Peer!);
            _handshakes[key] = _handshakes.GetValueOrDefault(key) + 1;
        }

        if (received.Outcome == DatagramOutcome.Packet)
        {
            Assert.True(_delivered.Add(Name(bytes.AsSpan(received.Offset, received.Length))), "delivered twice");
        }
    }

    private long LiveObjects() => _devices.Sum(device => device.Device.IndexCount);

    private static string Name(ReadOnlySpan<byte> packet) => Convert.ToHexString(packet[12..24]);
}
