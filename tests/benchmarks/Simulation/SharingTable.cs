using Onetun.NetStack;
using static System.FormattableString;

namespace Onetun.Benchmarks.Simulation;

/// <summary>Two flows on one link, the second of which comes five seconds later.</summary>
internal static class SharingTable
{
    private static readonly TimeSpan Head = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan End = TimeSpan.FromSeconds(180);

    private static readonly (double Rtt, double Rate, double Queue)[] Links =
        [(20, 20, 1), (20, 100, 1), (20, 100, 4), (100, 100, 0.5), (100, 100, 1), (100, 100, 4)];

    private static readonly (CongestionControl First, CongestionControl Second)[] Pairs =
    [
        (CongestionControl.Cubic, CongestionControl.Cubic),
        (CongestionControl.Bbr, CongestionControl.Bbr),
        (CongestionControl.Cubic, CongestionControl.Bbr),
        (CongestionControl.Bbr, CongestionControl.Cubic),
    ];

    public static void Print()
    {
        var shares = new (double First, double Second)[Pairs.Length * Links.Length];
        Simulate.Compute(shares.Length, i =>
        {
            shares[i] = Share(Links[i / Pairs.Length], Pairs[i % Pairs.Length]);
            return 0;
        });
        Console.WriteLine("### Two flows on one link\n");
        Simulate.Row(["RTT, ms", "link", "queue, BDP", .. Pairs.Select(pair => $"{pair.First}, then {pair.Second}")]);
        Simulate.Row(Enumerable.Repeat("---:", 3 + Pairs.Length));
        for (var i = 0; i < Links.Length; i++)
        {
            var (rtt, rate, queue) = Links[i];
            Simulate.Row([
                Invariant($"{rtt}"), Invariant($"{rate}"), Invariant($"{queue}"),
                .. shares[(i * Pairs.Length)..((i + 1) * Pairs.Length)].Select(Describe)]);
        }

        Console.WriteLine();
    }

    private static string Describe((double First, double Second) share)
    {
        var (x, y) = share;
        var fairness = (x + y) * (x + y) / (2 * ((x * x) + (y * y))); // Jain's index
        return Invariant($"{x:F1} : {y:F1} ({fairness:F3})");
    }

    private static (double First, double Second) Share(
        (double Rtt, double Rate, double Queue) link, (CongestionControl First, CongestionControl Second) pair)
    {
        var path = new PathOptions(TimeSpan.FromMilliseconds(link.Rtt), link.Rate * 1e6, Queue: link.Queue);
        var network = new Network(path, seed: 1);
        var first = network.Add(pair.First);
        network.RunUntil(Head);
        var second = network.Add(pair.Second);
        network.RunUntil(WarmUp);
        var (x, y) = (first.Received, second.Received);
        network.RunUntil(End);
        double Rate(long bytes) => bytes * 8 / (End - WarmUp).TotalSeconds / 1e6;
        return (Rate(first.Received - x), Rate(second.Received - y));
    }
}
