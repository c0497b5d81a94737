using System.Net;
using Onetun.NetStack;
using static System.FormattableString;

namespace Onetun.Benchmarks.NetStack;

/// <summary>
/// <c>idle [connections]</c>: the managed memory of connections that have carried data both ways and fallen silent, with
/// all that the two stacks keep for them.
/// </summary>
internal sealed class IdleConnectionBenchmark
{
    private const int Bytes = 100_000;

    private readonly IpStack _client;
    private readonly IpStack _server;
    private readonly List<(TcpConnection Client, TcpConnection Server)> _connections = [];
    private readonly byte[] _buffer = new byte[2048];
    private TimeSpan _now = TimeSpan.FromHours(1);

    private IdleConnectionBenchmark(CongestionControl control)
    {
        _client = new IpStack(Options("10.0.0.2", 2, control));
        _server = new IpStack(Options("10.0.0.1", 1, control));
    }

    public static void Run(int count)
    {
        Measure(count, CongestionControl.Cubic);
        Measure(count, CongestionControl.Bbr);
    }

    private static void Measure(int count, CongestionControl control)
    {
        new IdleConnectionBenchmark(control).Open(count: 1); // what comes with the first
        var benchmark = new IdleConnectionBenchmark(control);
        benchmark._connections.Capacity = count;
        var before = GC.GetTotalMemory(forceFullCollection: true);
        benchmark.Open(count);
        var bytes = GC.GetTotalMemory(forceFullCollection: true) - before;
        GC.KeepAlive(benchmark);
        Console.WriteLine(Invariant(
            $"{count} idle connections with {control}, both ends: {bytes / 1e6:F1} MB, {bytes / (2.0 * count):F0} bytes an end"));
    }

    private void Open(int count)
    {
        var queue = _server.Listen(80)!;
        for (var i = 0; i < count; i++)
        {
            var client = _client.Connect(_now, IpAddress.From(_server.Options.Addresses[0].Address), 80)!;
            Exchange();
            queue.TryAccept(out var server);
            Carry(client, server!);
            Carry(server!, client);
            _connections.Add((client, server!));
        }

        _now += TimeSpan.FromSeconds(10); // what bulk transfer needs is given back after a while
        _client.OnTimeout(_now);
        _server.OnTimeout(_now);
        Exchange();
    }

    private void Carry(TcpConnection from, TcpConnection to)
    {
        var end = to.Receiver.Buffer.End + Bytes;
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
            to.Consume(_now, to.Receiver.Buffer.End, wantsMore: false);
            _now += TimeSpan.FromMilliseconds(1);
            _client.OnTimeout(_now);
            _server.OnTimeout(_now);
        }

        _now += TimeSpan.FromMilliseconds(50); // the last delayed ACK
        _client.OnTimeout(_now);
        _server.OnTimeout(_now);
        Exchange();
    }

    private void Exchange()
    {
        while (Pass(_client, _server) | Pass(_server, _client))
        {
            _now += TimeSpan.FromMicroseconds(100);
        }
    }

    private bool Pass(IpStack from, IpStack to)
    {
        var any = false;
        while (from.TryTransmit(_now, _buffer, out var length))
        {
            to.Receive(_now, _buffer.AsSpan(0, length));
            any = true;
        }

        while (from.TryTakeEvents(out _, out _))
        {
            // the listener hears of it by this
        }

        return any;
    }

    private static IpStackOptions Options(string address, byte seed, CongestionControl control)
    {
        var secret = new byte[32];
        Array.Fill(secret, seed);
        return new IpStackOptions
        {
            Addresses = [IPAddress.Parse(address)],
            Secret = secret,
            Tcp = new TcpOptions { CongestionControl = control },
        };
    }
}
