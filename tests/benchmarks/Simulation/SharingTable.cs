using static System.FormattableString;

namespace Onetun.Benchmarks.Simulation;

/// <summary>Two flows on one link, the second of which comes some seconds later.</summary>
/// <remarks>
/// Which of the flows a full queue hits is a matter of moments, and tells for minutes where the queue is deep: so there are
/// several beginnings, and a long time to look.
/// </remarks>
internal static class SharingTable
{
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan End = TimeSpan.FromSeconds(300);
    private static readonly double[] Heads = [5, 6, 7]; // s

    private static readonly (double Rtt, double Rate, double Queue)[] Links =
        [(20, 20, 1), (20, 100, 0.36), (20, 100, 1), (20, 100, 4), (100, 100, 0.07), (100, 100, 0.5), (100, 100, 1), (100, 100, 4)];

    private static readonly string[] Ours = ["cubic,cubic", "bbr,bbr", "cubic,bbr", "bbr,cubic"];
    private static readonly string[] BesideLinux = ["cubic,linux", "linux,cubic", "tolerant,linux", "linux,tolerant"];

    /// <param name="pairs">Pairs of hosts, as <see cref="Host.Parse"/> has them; both tables when there are none.</param>
    public static void Print(ReadOnlySpan<string> pairs)
    {
        if (pairs.IsEmpty)
        {
            Print("Two flows on one link", Ours);
            Print("Beside Linux", BesideLinux);
        }
        else
        {
            Print("Two flows on one link", pairs.ToArray());
        }
    }

    private static void Print(string title, string[] names)
    {
        var pairs = names.Select(pair => pair.Split(',').Select(Host.Parse).ToArray()).ToArray();
        var shares = new (double First, double Second)[Heads.Length * pairs.Length * Links.Length];
        Simulate.Compute(shares.Length, i =>
        {
            var cell = i / Heads.Length;
            shares[i] = Share(Links[cell / pairs.Length], pairs[cell % pairs.Length], Heads[i % Heads.Length]);
            return 0;
        });
        var cells = shares.Chunk(Heads.Length).Select(Describe).ToArray();
        Console.WriteLine($"### {title}\n");
        Simulate.Row(["RTT, ms", "link", "queue, BDP", .. pairs.Select(pair => $"{pair[0].Name}, then {pair[1].Name}")]);
        Simulate.Row(Enumerable.Repeat("---:", 3 + pairs.Length));
        for (var i = 0; i < Links.Length; i++)
        {
            var (rtt, rate, queue) = Links[i];
            Simulate.Row([
                Invariant($"{rtt}"), Invariant($"{rate}"), Invariant($"{queue}"),
                .. cells[(i * pairs.Length)..((i + 1) * pairs.Length)]]);
        }

        Console.WriteLine();
    }

    private static string Describe((double First, double Second)[] shares) => Invariant(
        $"{shares.Average(s => s.First):F1} : {shares.Average(s => s.Second):F1} ({shares.Average(Fairness):F3})");

    /// <summary>Jain's index.</summary>
    private static double Fairness((double First, double Second) share)
    {
        var (x, y) = share;
        return (x + y) * (x + y) / (2 * ((x * x) + (y * y)));
    }

    private static (double First, double Second) Share(
        (double Rtt, double Rate, double Queue) link, Host[] pair, double head)
    {
        var path = new PathOptions(TimeSpan.FromMilliseconds(link.Rtt), link.Rate * 1e6, Queue: link.Queue);
        var network = new Network(path, seed: 1);
        var first = network.Add(pair[0]);
        network.RunUntil(TimeSpan.FromSeconds(head));
        var second = network.Add(pair[1]);
        network.RunUntil(WarmUp);
        var (x, y) = (first.Received, second.Received);
        network.RunUntil(End);
        double Rate(long bytes) => bytes * 8 / (End - WarmUp).TotalSeconds / 1e6;
        return (Rate(first.Received - x), Rate(second.Received - y));
    }
}
