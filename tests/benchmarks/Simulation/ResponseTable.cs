using Onetun.NetStack;
using static System.FormattableString;

namespace Onetun.Benchmarks.Simulation;

/// <summary>One flow under random loss, beside what CUBIC's response function says (RFC 9438 §5.1).</summary>
internal static class ResponseTable
{
    private const double Segment = 1368; // bytes of data in a packet of 1420
    private const double Rate = 100; // Mbit/s
    private const int Seeds = 4;

    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Time = TimeSpan.FromSeconds(120);

    private static readonly (double Rtt, double Loss)[] Paths = [(20, 0.1), (20, 1), (100, 0.01), (100, 0.1), (100, 1), (300, 0.1)];

    private static readonly Host[] Hosts = [new(CongestionControl.Cubic), new(CongestionControl.Tolerant), new(CongestionControl.Bbr)];

    public static void Print()
    {
        var runs = Simulate.Compute(
            Paths.Length * Hosts.Length * Seeds,
            i => Goodput(Paths[i / Seeds / Hosts.Length], Hosts[i / Seeds % Hosts.Length], seed: 1 + (i % Seeds)));
        var means = runs.Chunk(Seeds).Select(Enumerable.Average).Chunk(Hosts.Length).ToArray();
        Console.WriteLine("### Response to random loss\n");
        Simulate.Row(["RTT, ms", "loss", "CUBIC's function", "Reno's function", .. Hosts.Select(host => host.Name)]);
        Simulate.Row(Enumerable.Repeat("---:", 4 + Hosts.Length));
        for (var i = 0; i < Paths.Length; i++)
        {
            var (rtt, loss) = Paths[i];
            Simulate.Row([
                Invariant($"{rtt}"),
                Invariant($"{loss} %"),
                Invariant($"{InMegabits(Cubic(rtt / 1000, loss / 100), rtt):F1}"),
                Invariant($"{InMegabits(Reno(loss / 100), rtt):F1}"),
                .. means[i].Select(mean => Invariant($"{mean:F1}")),
            ]);
        }

        Console.WriteLine();
    }

    /// <summary>RFC 9438 §5.1, (6): segments.</summary>
    private static double Cubic(double rtt, double loss) =>
        Math.Pow(0.4 * 3.7 / 1.2, 0.25) * Math.Pow(rtt / loss, 0.75);

    /// <summary>RFC 3649 §3, and RFC 9438 §4.3: the floor of CUBIC's window, segments.</summary>
    private static double Reno(double loss) => Math.Sqrt(1.5 / loss);

    private static double InMegabits(double window, double rtt) =>
        Math.Min(window * Segment * 8 / (rtt * 1000), Rate * Segment / 1420);

    private static double Goodput((double Rtt, double Loss) path, Host host, int seed)
    {
        var network = new Network(new PathOptions(TimeSpan.FromMilliseconds(path.Rtt), Rate * 1e6, path.Loss / 100), seed);
        var flow = network.Add(host);
        network.RunUntil(WarmUp);
        var before = flow.Received;
        network.RunUntil(WarmUp + Time);
        return (flow.Received - before) * 8 / Time.TotalSeconds / 1e6;
    }
}
