using System.Buffers;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Onetun.Soak;

/// <summary>What a path does to packets, both ways.</summary>
/// <param name="Loss">Chance of each, 0 to 1.</param>
/// <param name="Late">Chance of each to be overtaken.</param>
/// <param name="Delay">Of each.</param>
internal sealed record Weather(double Loss, double Late, TimeSpan Delay)
{
    public static Weather Fair { get; } = new(0, 0, TimeSpan.FromMilliseconds(1));

    /// <summary>Nothing comes through.</summary>
    public static Weather Blackout { get; } = new(1, 0, TimeSpan.Zero);

    public override string ToString() => $"loss {Loss:0.0 %}, late {Late:0.0 %}, delay {Delay.TotalMilliseconds} ms";
}

/// <summary>A router between onetun and one peer that loses, delays and reorders, and gives the peer its own port for onetun.</summary>
internal sealed class UdpPath
{
    /// <summary>So that the load leaves the machine time for the faults, bits a second each way.</summary>
    private const double Rate = 200e6;

    private const int Batch = 64;
    private static readonly TimeSpan LongestQueue = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan MostLate = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan LongestWait = TimeSpan.FromMilliseconds(50);

    private static readonly IPEndPoint AnyPort = new(IPAddress.Loopback, 0);

    private readonly Network _network;
    private readonly Socket _outside;
    private readonly SocketAddress _peer;
    private readonly PriorityQueue<Flying, (TimeSpan Due, long Order)> _flying = new();
    private readonly Random _random;
    private readonly byte[] _buffer = new byte[65_536];
    private readonly TimeSpan[] _free = new TimeSpan[2];
    private volatile Socket _inside;
    private volatile Weather _weather = Weather.Fair;
    private SocketAddress? _client;
    private SocketAddress _sender = new(AddressFamily.InterNetwork);
    private long _order;

    public UdpPath(Network network, IPEndPoint listen, int peerPort, int seed)
    {
        _network = network;
        _outside = network.Open(() => Open(listen));
        _inside = network.Open(() => Open(AnyPort));
        _peer = new IPEndPoint(IPAddress.Loopback, peerPort).Serialize();
        _random = new Random(seed);
        new Thread(Carry) { IsBackground = true }.Start();
    }

    public Weather Weather
    {
        get => _weather;
        set => _weather = value;
    }

    /// <summary>The peer sees onetun at another port from here on; what it sends to the old one is lost.</summary>
    public async Task ChangePortAsync()
    {
        var old = _inside;
        _inside = _network.Open(() => Open(AnyPort));
        // The thread may be using it
        await Task.Delay(2 * LongestWait);
        old.Dispose();
    }

    private static Socket Open(IPEndPoint local)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp)
        {
            ReceiveBufferSize = 4 << 20,
            SendBufferSize = 4 << 20,
        };
        socket.Bind(local);
        return socket;
    }

    private void Carry()
    {
        List<Socket> readable = [];
        while (true)
        {
            var inside = _inside;
            Receive(_outside, isOut: true);
            Receive(inside, isOut: false);
            var wait = Release(inside);
            if (wait > TimeSpan.Zero)
            {
                readable.Clear();
                readable.Add(_outside);
                readable.Add(inside);
                Socket.Select(readable, null, null, wait);
            }
        }
    }

    private void Receive(Socket from, bool isOut)
    {
        for (var i = 0; i < Batch && from.Available > 0; i++)
        {
            int length;
            try
            {
                length = from.ReceiveFrom(_buffer, SocketFlags.None, _sender);
            }
            catch (SocketException)
            {
                return;
            }

            if (isOut && !_sender.Equals(_client))
            {
                (_client, _sender) = (_sender, new SocketAddress(AddressFamily.InterNetwork));
            }

            Queue(_buffer.AsSpan(0, length), isOut);
        }
    }

    private void Queue(ReadOnlySpan<byte> packet, bool isOut)
    {
        var now = Stopwatch.GetElapsedTime(0);
        var weather = _weather;
        ref var free = ref _free[isOut ? 0 : 1];
        free = free > now ? free : now;
        if (free - now > LongestQueue || _random.NextDouble() < weather.Loss)
        {
            return;
        }

        free += TimeSpan.FromSeconds(packet.Length * 8 / Rate);
        var late = _random.NextDouble() < weather.Late ? MostLate * _random.NextDouble() : TimeSpan.Zero;
        var copy = ArrayPool<byte>.Shared.Rent(packet.Length);
        packet.CopyTo(copy);
        _flying.Enqueue(new Flying(copy, packet.Length, isOut), (free + weather.Delay + late, _order++));
    }

    /// <summary>Sends what is due, and tells how long nothing is.</summary>
    private TimeSpan Release(Socket inside)
    {
        while (_flying.TryPeek(out var packet, out var at))
        {
            var wait = at.Due - Stopwatch.GetElapsedTime(0);
            if (wait > TimeSpan.Zero)
            {
                return wait < LongestWait ? wait : LongestWait;
            }

            _flying.Dequeue();
            Send(packet, inside);
            ArrayPool<byte>.Shared.Return(packet.Bytes);
        }

        return LongestWait;
    }

    private void Send(Flying packet, Socket inside)
    {
        try
        {
            if (packet.IsOut)
            {
                inside.SendTo(packet.Bytes.AsSpan(0, packet.Length), SocketFlags.None, _peer);
            }
            else if (_client is not null)
            {
                _outside.SendTo(packet.Bytes.AsSpan(0, packet.Length), SocketFlags.None, _client);
            }
        }
        catch (SocketException)
        {
            // The address it goes to has moved: lost
        }
    }

    private readonly record struct Flying(byte[] Bytes, int Length, bool IsOut);
}
