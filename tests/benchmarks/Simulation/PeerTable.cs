using Onetun.NetStack;
using static System.FormattableString;

namespace Onetun.Benchmarks.Simulation;

/// <summary>How long 10 MB take to peers that lack options or acknowledge late, and over paths with faults of every kind.</summary>
/// <remarks>One path, and one thing changed at a time; means of several runs, for chance makes one cell luck.</remarks>
internal static class PeerTable
{
    private const long Size = 10_000_000; // bytes
    private const int Seeds = 5;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(600);

    /// <summary>The second queue is overshot by slow start.</summary>
    private static readonly (string Name, PathOptions Path)[] Queues =
    [
        ("a queue of one bandwidth-delay product, 250 kB", Link),
        ("a queue of 30 kB", Link with { QueueLimit = 30_000 }),
    ];

    private static readonly Peer[] Peers =
    [
        new("all on", options => options),
        new("no SACK", options => options with { SelectiveAcknowledgments = false }),
        new("no timestamps", options => options with { Timestamps = false }),
        new("no window scaling", options => options with { WindowScaling = false }),
        new("none of the three", options => options with { SelectiveAcknowledgments = false, Timestamps = false, WindowScaling = false }),
    ];

    private static readonly Column Plain = new("plain", path => path);

    private static readonly Table[] Tables =
    [
        new("Acknowledgments", CongestionControl.Cubic, Peers,
            [Acks(40, 2), Acks(200, 2), Acks(500, 2), Acks(200, 1), Acks(200, 16)]),
        new("ACKs lost", CongestionControl.Cubic, Peers, [Plain, LostAcks(10), LostAcks(50)]),
        new("Loss, lateness and duplication", CongestionControl.Cubic, Peers, [Plain, .. Faults(loss: 0), .. Faults(loss: 1)]),
        new("Packets of", CongestionControl.Cubic, Peers, [Packets(1420), Packets(1280), Packets(576)]),
        .. from control in (CongestionControl[])[CongestionControl.NewReno, CongestionControl.Bbr]
           select new Table($"{control}", control, Peers[..2], [Plain, Acks(200, 16), LostAcks(50), .. Faults(loss: 1)]),
    ];

    private static PathOptions Link => new(TimeSpan.FromMilliseconds(100), 20e6);

    public static void Print()
    {
        var cells = (
            from queue in Queues
            from table in Tables
            from peer in table.Peers
            from column in table.Columns
            select (queue.Path, table.Control, Peer: peer, Column: column)).ToArray();
        var times = Simulate.Compute(cells.Length * Seeds, i =>
        {
            var (path, control, peer, column) = cells[i / Seeds];
            return Time(column.On(path), control, options => column.Acknowledging(peer.Of(options)), seed: 1 + (i % Seeds));
        });
        var means = new Queue<double>(times.Chunk(Seeds).Select(runs => runs.Max() < Limit.TotalSeconds ? runs.Average() : runs.Max()));
        foreach (var (name, _) in Queues)
        {
            Console.WriteLine($"### 10 MB over {name}\n");
            foreach (var table in Tables)
            {
                Print(table, means);
            }
        }
    }

    private static void Print(Table table, Queue<double> means)
    {
        Simulate.Row([table.Name, .. table.Columns.Select(column => column.Name)]);
        Simulate.Row(["---", .. table.Columns.Select(_ => "---:")]);
        var first = new double[table.Columns.Length];
        foreach (var peer in table.Peers)
        {
            var row = table.Columns.Select(_ => means.Dequeue()).ToArray();
            first = peer == table.Peers[0] ? row : first;
            Simulate.Row([peer.Name, .. row.Zip(first, Describe)]);
        }

        Console.WriteLine();
    }

    private static string Describe(double time, double reference) =>
        time >= Limit.TotalSeconds ? "hangs"
        : time > 2 * reference ? Invariant($"{time:F1} ({time / reference:F1}×)")
        : Invariant($"{time:F1}");

    /// <summary>Seconds from the SYN until all is read.</summary>
    private static double Time(
        PathOptions path, CongestionControl control, Func<TcpOptions, TcpOptions> peer, int seed)
    {
        var network = new Network(path, seed, peer);
        var flow = network.Add(control, Size);
        network.RunWhile(() => flow.Received < Size && network.Elapsed < Limit);
        return network.Elapsed.TotalSeconds;
    }

    private static Column Acks(int delay, int every) => new(
        every == 2 ? $"every 2nd, {delay} ms" : every == 1 ? "every" : $"every {every}th, {delay} ms", path => path)
    {
        Policy = new AckPolicy(TimeSpan.FromMilliseconds(delay), every, Quick: 0),
    };

    private static Column LostAcks(double percent) => new(
        Invariant($"{percent} % of ACKs lost"), path => path with { AckLoss = percent / 100 });

    private static IEnumerable<Column> Faults(double loss)
    {
        Column Fault(string name, double reordering, double duplication) => new(
            loss > 0 ? Invariant($"{loss} % lost{name}") : name.TrimStart(',', ' '),
            path => path with { Loss = loss / 100, Reordering = reordering / 100, Duplication = duplication / 100 });
        if (loss > 0)
        {
            yield return Fault("", 0, 0);
        }

        yield return Fault(", 1 % late", 1, 0);
        yield return Fault(", 1 % twice", 0, 1);
        yield return Fault(", 10 % twice", 0, 10);
    }

    private static Column Packets(int mtu) => new($"{mtu} B", path => path with { Mtu = mtu });

    private sealed record Peer(string Name, Func<TcpOptions, TcpOptions> Of);

    /// <summary>What is changed.</summary>
    private sealed record Column(string Name, Func<PathOptions, PathOptions> On)
    {
        public AckPolicy Policy { get; init; } = AckPolicy.Default;

        public TcpOptions Acknowledging(TcpOptions options) => options with { Acknowledgments = Policy };
    }

    private sealed record Table(string Name, CongestionControl Control, Peer[] Peers, Column[] Columns);
}
