using System.Net;
using Onetun.NetStack;

namespace Onetun.Benchmarks.Simulation;

/// <summary>
/// Hosts that send, one that receives, and one bottleneck between them, on a clock that jumps from event to event.
/// </summary>
internal sealed class Network
{
    private static readonly TimeSpan Start = TimeSpan.FromHours(1);

    private readonly PathOptions _path;
    private readonly IpStack _server;
    private readonly ListenQueue _listener;
    private readonly List<Client> _clients = [];
    private readonly OneWay _there;
    private readonly OneWay _back;
    private readonly List<Flow> _flows = [];
    private readonly byte[] _buffer = new byte[2048];

    /// <param name="path">Between all that send and the one that receives.</param>
    /// <param name="seed">Of all that chance decides.</param>
    /// <param name="peer">Makes the one that receives another than ours.</param>
    public Network(PathOptions path, int seed, Func<TcpOptions, TcpOptions>? peer = null)
    {
        _path = path;
        _there = new OneWay(path, new Random(seed));
        _back = new OneWay(path.Back, new Random(~seed));
        var tcp = new TcpOptions();
        _server = new IpStack(Options("10.0.0.1", 1, peer?.Invoke(tcp) ?? tcp));
        _listener = _server.Listen(80)!;
    }

    public TimeSpan Now { get; private set; } = Start;

    public TimeSpan Elapsed => Now - Start;

    public long Dropped => _there.Dropped;

    /// <summary>A host of its own opens a connection; it sends as soon as it stands, without end or so many bytes.</summary>
    public Flow Add(CongestionControl control, long size = long.MaxValue) => Add(new Host(control), size);

    /// <inheritdoc cref="Add(CongestionControl, long)"/>
    public Flow Add(Host host, long size = long.MaxValue)
    {
        var number = _clients.Count + 2;
        var client = new Client(new IpStack(Options($"10.0.0.{number}", (byte)number, host.Tcp)), host.Gathering);
        _clients.Add(client);
        var from = client.Stack.Connect(Now, IpAddress.From(_server.Options.Addresses[0].Address), 80)!;
        TcpConnection? to = null;
        Exchange();
        while (!_listener.TryAccept(out to))
        {
            Step();
        }

        var flow = new Flow(from, to, size);
        _flows.Add(flow);
        from.Owner = flow;
        return flow;
    }

    public void RunUntil(TimeSpan elapsed) => RunWhile(() => Elapsed < elapsed);

    public void RunWhile(Func<bool> condition)
    {
        Exchange();
        while (condition())
        {
            Step();
        }
    }

    /// <summary>The clock jumps to the next event.</summary>
    private void Step()
    {
        var next = _server.NextTimeout;
        foreach (var client in _clients)
        {
            next = client.NextEvent < next ? client.NextEvent : next;
        }

        next = _there.NextArrival < next ? _there.NextArrival : next;
        next = _back.NextArrival < next ? _back.NextArrival : next;
        Now = next > Now ? next : Now;
        while (_there.TryReceive(Now, out var packet))
        {
            _server.Receive(Now, packet.Span);
            packet.Return();
        }

        while (_back.TryReceive(Now, out var packet))
        {
            _clients[packet.Packet[19] - 2].Take(Now, packet); // the last byte of the destination
        }

        _server.OnTimeout(Now);
        foreach (var client in _clients)
        {
            client.Turn(Now);
        }

        Exchange();
    }

    private void Exchange()
    {
        foreach (var flow in _flows)
        {
            flow.Pump(Now);
        }

        Transmit(_server, _back);
        foreach (var client in _clients)
        {
            Transmit(client.Stack, _there);
        }
    }

    private void Transmit(IpStack stack, OneWay way)
    {
        while (stack.TryTransmit(Now, _buffer, out var length))
        {
            way.Send(Now, _buffer.AsSpan(0, length));
        }

        while (stack.TryTakeEvents(out var connection, out var events))
        {
            connection.Owner?.OnEvents(events);
        }
    }

    private IpStackOptions Options(string address, byte seed, TcpOptions tcp)
    {
        var secret = new byte[32];
        Array.Fill(secret, seed);
        return new IpStackOptions { Addresses = [IPAddress.Parse(address)], Secret = secret, Mtu = _path.Mtu, Tcp = tcp };
    }

    /// <summary>A stack, and the packets that wait for its next turn.</summary>
    private sealed class Client(IpStack stack, TimeSpan gathering)
    {
        private readonly Queue<OneWay.Flying> _gathered = new();
        private TimeSpan _turn = TimeSpan.MaxValue;

        public IpStack Stack => stack;

        public TimeSpan NextEvent => stack.NextTimeout < _turn ? stack.NextTimeout : _turn;

        public void Take(TimeSpan now, OneWay.Flying packet)
        {
            _turn = _gathered.Count == 0 ? now + gathering : _turn;
            _gathered.Enqueue(packet);
        }

        public void Turn(TimeSpan now)
        {
            if (now >= _turn)
            {
                _turn = TimeSpan.MaxValue;
                while (_gathered.TryDequeue(out var packet))
                {
                    stack.Receive(now, packet.Span);
                    packet.Return();
                }
            }

            stack.OnTimeout(now);
        }
    }
}
