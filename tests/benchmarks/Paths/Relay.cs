using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Onetun.Benchmarks.Simulation;

namespace Onetun.Benchmarks.Paths;

/// <summary>
/// <c>relay</c>: a path of the simulation made of real time, for UDP. Whoever sends to the port here is carried to the
/// target, and what the target answers goes back to it; all share the one bottleneck. Loss and lateness are of both ways.
/// </summary>
internal sealed class Relay
{
    /// <summary>Of IPv4 and UDP: they take their time on the link too. The first of them is our note of whose packet it is.</summary>
    private const int Headers = 28;

    // The system's limit of 208 KiB is 3 ms of a fast path, less than a busy machine keeps us waiting
    private const int SocketLevel = 1; // SOL_SOCKET
    private const int ForceSendBuffer = 32; // SO_SNDBUFFORCE
    private const int ForceReceiveBuffer = 33; // SO_RCVBUFFORCE

    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly OneWay _there;
    private readonly OneWay _back;
    private readonly Socket _inside;
    private readonly SocketAddress _target;
    private readonly List<(Socket Outside, SocketAddress Client)> _clients = [];
    private readonly byte[] _buffer = new byte[Headers + 65_536];
    private SocketAddress _sender = new(AddressFamily.InterNetwork);

    private Relay(IPEndPoint listen, IPEndPoint target, PathOptions path)
    {
        _there = new OneWay(path, new Random(1));
        _back = new OneWay(path, new Random(2));
        _inside = Open(listen);
        _target = target.Serialize();
    }

    public static int Run(ReadOnlySpan<string> args)
    {
        if (args is not [var listen, var target, var rtt, var rate, var loss, var late, .. var rest])
        {
            Console.Error.WriteLine("relay LISTEN-IP:PORT TARGET-IP:PORT RTT-ms Mbit/s loss-% late-% [queue-BDP]");
            return 2;
        }

        static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
        var path = new PathOptions(
            TimeSpan.FromMilliseconds(Number(rtt)),
            Number(rate) * 1e6,
            Number(loss) / 100,
            Number(late) / 100,
            rest is [var queue] ? Number(queue) : 1);
        new Relay(IPEndPoint.Parse(listen), IPEndPoint.Parse(target), path).Carry();
        return 0;
    }

    private void Carry()
    {
        while (true)
        {
            Receive();
            Release();
            Wait();
        }
    }

    private void Receive()
    {
        while (_inside.Available > 0)
        {
            var length = _inside.ReceiveFrom(_buffer.AsSpan(Headers), SocketFlags.None, _sender);
            _buffer[0] = (byte)NumberOfSender();
            _there.Send(_clock.Elapsed, _buffer.AsSpan(0, Headers + length));
        }

        for (var i = 0; i < _clients.Count; i++)
        {
            while (_clients[i].Outside.Available > 0)
            {
                var length = _clients[i].Outside.Receive(_buffer.AsSpan(Headers));
                _buffer[0] = (byte)i;
                _back.Send(_clock.Elapsed, _buffer.AsSpan(0, Headers + length));
            }
        }
    }

    private void Release()
    {
        var now = _clock.Elapsed;
        while (_there.TryReceive(now, out var packet))
        {
            _clients[packet.Span[0]].Outside.SendTo(packet.Span[Headers..], SocketFlags.None, _target);
            packet.Return();
        }

        while (_back.TryReceive(now, out var packet))
        {
            _inside.SendTo(packet.Span[Headers..], SocketFlags.None, _clients[packet.Span[0]].Client);
            packet.Return();
        }
    }

    private void Wait()
    {
        Span<Libc.PollDescriptor> descriptors = stackalloc Libc.PollDescriptor[1 + _clients.Count];
        descriptors[0] = Readable(_inside);
        for (var i = 0; i < _clients.Count; i++)
        {
            descriptors[1 + i] = Readable(_clients[i].Outside);
        }

        var next = _there.NextArrival < _back.NextArrival ? _there.NextArrival : _back.NextArrival;
        var wait = next - _clock.Elapsed;
        wait = wait > TimeSpan.Zero ? wait : TimeSpan.Zero;
        _ = Libc.Poll(descriptors, (nuint)descriptors.Length, new Libc.TimeSpec(wait), 0);
    }

    private int NumberOfSender()
    {
        var number = _clients.FindIndex(client => client.Client.Equals(_sender));
        if (number >= 0)
        {
            return number;
        }

        _clients.Add((Open(new IPEndPoint(IPAddress.Any, 0)), _sender));
        _sender = new SocketAddress(AddressFamily.InterNetwork);
        return _clients.Count - 1;
    }

    private static Libc.PollDescriptor Readable(Socket socket) =>
        new() { Descriptor = (int)socket.Handle, Events = Libc.Readable };

    private static Socket Open(IPEndPoint local)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.SetRawSocketOption(SocketLevel, ForceReceiveBuffer, BitConverter.GetBytes(16 << 20));
        socket.SetRawSocketOption(SocketLevel, ForceSendBuffer, BitConverter.GetBytes(16 << 20));
        socket.Bind(local);
        return socket;
    }
}
