using static System.FormattableString;

namespace Onetun.Benchmarks.Simulation;

/// <summary>Goodput of one flow after slow start, on paths of every kind.</summary>
internal static class PathTable
{
    private static readonly double[] Rtts = [1, 20, 100, 300]; // ms
    private static readonly double[] Rates = [10, 100, 1000]; // Mbit/s
    private static readonly double[] Losses = [0, 0.01, 0.1, 1]; // %
    private static readonly double[] Reorderings = [0, 1]; // %
    private static readonly string[] Hosts = ["cubic", "bbr"];

    /// <summary>Slow start takes 14 round trips to 16 MiB, and what it overshoots a few more.</summary>
    private static TimeSpan WarmUp(double rtt) => TimeSpan.FromMilliseconds(Math.Max(5000, 50 * rtt));

    /// <param name="names">Of hosts, as <see cref="Host.Parse"/> has them; all of the table when there are none.</param>
    public static void Print(ReadOnlySpan<string> names)
    {
        var hosts = (names.IsEmpty ? Hosts : names.ToArray()).Select(Host.Parse).ToArray();
        var columns = Reorderings.Length * Losses.Length;
        var rows = Rtts.Length * Rates.Length;
        var results = Simulate.Compute(hosts.Length * rows * columns, i =>
            Goodput(
                hosts[i / (rows * columns)],
                Rtts[i / (columns * Rates.Length) % Rtts.Length],
                Rates[i / columns % Rates.Length],
                Losses[i % Losses.Length],
                Reorderings[i / Losses.Length % Reorderings.Length]));
        for (var c = 0; c < hosts.Length; c++)
        {
            Console.WriteLine($"### {hosts[c].Name}\n");
            Simulate.Row([
                "RTT, ms", "link",
                .. from reordering in Reorderings from loss in Losses select Heading(loss, reordering)]);
            Simulate.Row(Enumerable.Repeat("---:", columns + 2));
            for (var row = 0; row < rows; row++)
            {
                var start = ((c * rows) + row) * columns;
                Simulate.Row([
                    Invariant($"{Rtts[row / Rates.Length]}"), Invariant($"{Rates[row % Rates.Length]}"),
                    .. results[start..(start + columns)].Select(Number)]);
            }

            Console.WriteLine();
        }
    }

    private static string Heading(double loss, double reordering) =>
        Invariant($"{loss} %{(reordering > 0 ? ", late" : "")}");

    private static string Number(double goodput) => goodput < 99.5 ? Invariant($"{goodput:F1}") : Invariant($"{goodput:F0}");

    private static double Goodput(Host host, double rtt, double rate, double loss, double reordering)
    {
        var path = new PathOptions(TimeSpan.FromMilliseconds(rtt), rate * 1e6, loss / 100, reordering / 100);
        var network = new Network(path, seed: 1);
        var flow = network.Add(host);
        network.RunUntil(WarmUp(rtt));
        var before = flow.Received;
        var time = TimeSpan.FromSeconds(rate < 1000 ? 60 : 15);
        network.RunUntil(WarmUp(rtt) + time);
        return (flow.Received - before) * 8 / time.TotalSeconds / 1e6;
    }
}
