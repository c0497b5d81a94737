using System.Net;

namespace Onetun.NetStack.Tests;

/// <summary>
/// Two stacks and the path between them, on a clock that jumps from event to event: nothing waits, and the same seed
/// plays the same game.
/// </summary>
internal sealed class VirtualNetwork
{
    private readonly PriorityQueue<(IpStack To, byte[] Packet), (TimeSpan At, long Order)> _flying = new();
    private readonly List<Transfer> _transfers = [];
    private readonly byte[] _buffer = new byte[65_536];
    private long _order;

    public VirtualNetwork(
        LinkOptions there,
        LinkOptions? back = null,
        int seed = 1,
        bool ipv6 = false,
        Func<TcpOptions, TcpOptions>? configure = null)
    {
        var random = new Random(seed);
        var tcp = configure?.Invoke(new TcpOptions()) ?? new TcpOptions();
        Client = Host(2);
        Server = Host(1);
        Upstream = new Link(there, random);
        Downstream = new Link(back ?? there, random);

        IpStack Host(byte number) => new(new IpStackOptions
        {
            Addresses = [IPAddress.Parse($"{(ipv6 ? "fd00::" : "10.0.0.")}{number}")],
            Secret = Enumerable.Repeat(number, 32).ToArray(),
            Tcp = tcp,
        });
    }

    public IpStack Client { get; }

    public IpStack Server { get; }

    /// <summary>From client to server.</summary>
    public Link Upstream { get; }

    public Link Downstream { get; }

    public TimeSpan Now { get; private set; } = TimeSpan.FromHours(1);

    /// <summary>Opens a connection and waits until both ends have it.</summary>
    public (TcpConnection Client, TcpConnection Server) Connect(ushort port = 80)
    {
        var queue = Server.Listen(port)!;
        var client = Client.Connect(Now, IpAddress.From(Server.Options.Addresses[0].Address), port)!;
        TcpConnection? server = null;
        RunUntil(() => queue.TryAccept(out server) || server is not null, TimeSpan.FromMinutes(2));
        return (client, server!);
    }

    /// <summary>The application has nothing more to send.</summary>
    public void Close(TcpConnection connection)
    {
        connection.CloseOutput();
        Exchange();
    }

    public void Abort(TcpConnection connection)
    {
        connection.Abort();
        Exchange();
    }

    /// <summary>Sends so many bytes from one end to the other while the network runs.</summary>
    public Transfer Send(TcpConnection from, TcpConnection to, long bytes)
    {
        var transfer = new Transfer(from, to, bytes);
        _transfers.Add(transfer);
        transfer.Pump(Now);
        Exchange();
        return transfer;
    }

    /// <summary>Runs until it is so; fails after too long a (virtual) time.</summary>
    public TimeSpan RunUntil(Func<bool> done, TimeSpan limit)
    {
        var start = Now;
        Exchange();
        while (!done())
        {
            var next = Next();
            Assert.True(next < start + limit, next == TimeSpan.MaxValue ? "nothing will ever happen again" : $"not done after {limit}");
            Step(next);
        }

        return Now - start;
    }

    public void Run(TimeSpan time)
    {
        var end = Now + time;
        Exchange();
        for (var next = Next(); next <= end; next = Next())
        {
            Step(next);
        }

        Now = end;
    }

    private TimeSpan Next()
    {
        var next = Client.NextTimeout < Server.NextTimeout ? Client.NextTimeout : Server.NextTimeout;
        return _flying.TryPeek(out _, out var arrival) && arrival.At < next ? arrival.At : next;
    }

    private void Step(TimeSpan time)
    {
        Now = time > Now ? time : Now;
        while (_flying.TryPeek(out var packet, out var arrival) && arrival.At <= Now)
        {
            _flying.Dequeue();
            packet.To.Receive(Now, packet.Packet);
        }

        Client.OnTimeout(Now);
        Server.OnTimeout(Now);
        Exchange();
        Assert.True(Client.NextTimeout > Now && Server.NextTimeout > Now, "a deadline is still due after it was served");
    }

    // What the stacks have to say now, and what the applications do about it
    private void Exchange()
    {
        Transmit(Client, Upstream, Server);
        Transmit(Server, Downstream, Client);
        foreach (var transfer in _transfers)
        {
            transfer.Pump(Now);
        }

        Transmit(Client, Upstream, Server);
        Transmit(Server, Downstream, Client);
    }

    private void Transmit(IpStack from, Link link, IpStack to)
    {
        while (from.TryTransmit(Now, _buffer, out var length))
        {
            foreach ((var at, var packet) in link.Carry(Now, _buffer.AsSpan(0, length)))
            {
                _flying.Enqueue((to, packet), (at, _order++));
            }
        }

        while (from.TryTakeEvents(out _, out _))
        {
        }
    }
}
