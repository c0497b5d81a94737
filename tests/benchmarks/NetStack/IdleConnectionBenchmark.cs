using Onetun.NetStack;
using static System.FormattableString;

namespace Onetun.Benchmarks.NetStack;

/// <summary>
/// <c>idle [connections]</c>: the managed memory of connections that have carried data both ways and fallen silent, with
/// all that the two stacks keep for them.
/// </summary>
internal static class IdleConnectionBenchmark
{
    private const int Bytes = 100_000;

    public static void Run(int count)
    {
        Measure(count, CongestionControl.Cubic);
        Measure(count, CongestionControl.Bbr);
    }

    private static void Measure(int count, CongestionControl control)
    {
        Open(new StackPair(control), new List<object>(1), count: 1); // what comes with the first
        var pair = new StackPair(control);
        var connections = new List<object>(count);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        Open(pair, connections, count);
        var bytes = GC.GetTotalMemory(forceFullCollection: true) - before;
        GC.KeepAlive(connections);
        GC.KeepAlive(pair);
        Console.WriteLine(Invariant(
            $"{count} idle connections with {control}, both ends: {bytes / 1e6:F1} MB, {bytes / (2.0 * count):F0} bytes an end"));
    }

    private static void Open(StackPair pair, List<object> connections, int count)
    {
        for (var i = 0; i < count; i++)
        {
            var (client, server) = pair.Connect();
            pair.Carry(client, server, Bytes);
            pair.Pass(TimeSpan.FromMilliseconds(50)); // the last delayed ACK
            pair.Carry(server, client, Bytes);
            pair.Pass(TimeSpan.FromMilliseconds(50));
            connections.Add(client);
            connections.Add(server);
        }

        pair.Pass(TimeSpan.FromSeconds(10)); // what bulk transfer needs is given back after a while
    }
}
