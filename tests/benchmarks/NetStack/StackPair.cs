using System.Net;
using Onetun.NetStack;

namespace Onetun.Benchmarks.NetStack;

/// <summary>Two stacks joined by nothing: what one sends the other receives at once.</summary>
internal sealed class StackPair
{
    private readonly IpStack _client;
    private readonly IpStack _server;
    private readonly ListenQueue _queue;
    private readonly byte[] _buffer = new byte[2048];

    public StackPair(CongestionControl control)
    {
        _client = Stack(2);
        _server = Stack(1);
        _queue = _server.Listen(80)!;

        IpStack Stack(byte number) => new(new IpStackOptions
        {
            Addresses = [new IPAddress([10, 0, 0, number])],
            Secret = Enumerable.Repeat(number, 32).ToArray(),
            Tcp = new TcpOptions { CongestionControl = control },
        });
    }

    public TimeSpan Now { get; private set; } = TimeSpan.FromHours(1);

    public (TcpConnection Client, TcpConnection Server) Connect()
    {
        var client = _client.Connect(Now, IpAddress.From(_server.Options.Addresses[0].Address), 80)!;
        Exchange();
        _queue.TryAccept(out var server);
        return (client, server!);
    }

    /// <summary>Carries bytes from one end to the other, which reads them as they come.</summary>
    public void Carry(TcpConnection from, TcpConnection to, int bytes)
    {
        var end = to.Receiver.Buffer.End + bytes;
        while (to.Receiver.Buffer.Start < end)
        {
            if (from.Sender.Buffer.End < end)
            {
                var size = (int)Math.Min(16384, end - from.Sender.Buffer.End);
                from.Sender.Buffer.Reserve(size);
                from.Sender.Buffer.Commit(size);
                from.Flush();
            }

            Exchange();
            to.Consume(Now, to.Receiver.Buffer.End, wantsMore: false);
            Pass(TimeSpan.FromMilliseconds(1));
        }
    }

    public void Pass(TimeSpan time)
    {
        Now += time;
        _client.OnTimeout(Now);
        _server.OnTimeout(Now);
        Exchange();
    }

    private void Exchange()
    {
        while (Move(_client, _server) | Move(_server, _client))
        {
            Now += TimeSpan.FromMicroseconds(100);
        }
    }

    private bool Move(IpStack from, IpStack to)
    {
        var any = false;
        while (from.TryTransmit(Now, _buffer, out var length))
        {
            to.Receive(Now, _buffer.AsSpan(0, length));
            any = true;
        }

        while (from.TryTakeEvents(out _, out _))
        {
            // The listener hears of it by this
        }

        return any;
    }
}
