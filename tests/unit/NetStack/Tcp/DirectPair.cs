using System.Net;

namespace Onetun.NetStack.Tests;

/// <summary>Two stacks joined by nothing: what one sends the other receives at once, on a clock that the test moves.</summary>
internal sealed class DirectPair
{
    private readonly byte[] _buffer = new byte[2048];

    public DirectPair(Func<TcpOptions, TcpOptions>? configure = null)
    {
        var tcp = configure?.Invoke(new TcpOptions()) ?? new TcpOptions();
        Client = new IpStack(Options("10.0.0.2", 1, tcp));
        Server = new IpStack(Options("10.0.0.1", 2, tcp));
    }

    public IpStack Client { get; }

    public IpStack Server { get; }

    public TimeSpan Now { get; private set; } = TimeSpan.FromSeconds(1);

    public long Packets { get; private set; }

    /// <summary>Each so many-th packet is marked, if it may be; 0 is none.</summary>
    public int MarkEvery { get; set; }

    public static IpAddress ServerAddress => IpAddress.From(IPAddress.Parse("10.0.0.1"));

    /// <summary>Passes packets until neither has more to say.</summary>
    public void Settle()
    {
        bool moved;
        do
        {
            Now += TimeSpan.FromMicroseconds(100);
            moved = Pass(Client, Server) | Pass(Server, Client);
        }
        while (moved);
    }

    public void Advance(TimeSpan time)
    {
        var end = Now + time;
        while (true)
        {
            Settle();
            var next = Client.NextTimeout < Server.NextTimeout ? Client.NextTimeout : Server.NextTimeout;
            if (next > end)
            {
                break;
            }

            Now = next > Now ? next : Now;
            Client.OnTimeout(Now);
            Server.OnTimeout(Now);
        }

        Now = end > Now ? end : Now;
    }

    public (TcpConnection Client, TcpConnection Server) Connect(ushort port = 80)
    {
        var queue = Server.Listen(port)!;
        var client = Client.Connect(Now, ServerAddress, port)!;
        Settle();
        Events();
        Assert.True(queue.TryAccept(out var server));
        return (client, server);
    }

    /// <summary>Events are looked at by nobody here, but the listener has to see them.</summary>
    public void Events()
    {
        while (Client.TryTakeEvents(out _, out _) || Server.TryTakeEvents(out _, out _))
        {
        }
    }

    private bool Pass(IpStack from, IpStack to)
    {
        var moved = false;
        while (from.TryTransmit(Now, _buffer, out var length))
        {
            Packets++;
            moved = true;
            if (MarkEvery > 0 && Packets % MarkEvery == 0 && PacketEdit.Ecn(_buffer) == EcnField.Ect0)
            {
                PacketEdit.SetEcn(_buffer, EcnField.Ce);
            }

            to.Receive(Now, _buffer.AsSpan(0, length));
        }

        Events();
        return moved;
    }

    private static IpStackOptions Options(string address, byte seed, TcpOptions tcp) => new()
    {
        Addresses = [IPAddress.Parse(address)],
        Secret = Enumerable.Repeat(seed, 32).ToArray(),
        Tcp = tcp,
    };
}
