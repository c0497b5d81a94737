using System.Globalization;

namespace Onetun.Benchmarks.Simulation;

/// <summary><c>simulate trace RTT-ms Mbit/s loss reordering host[,host] seconds [flows [queue [seconds-between]]]</c>: one run, watched.</summary>
internal static class Trace
{
    public static void Run(ReadOnlySpan<string> args)
    {
        double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
        var path = new PathOptions(
            TimeSpan.FromMilliseconds(Number(args[0])), Number(args[1]) * 1e6, Number(args[2]), Number(args[3]),
            args.Length > 7 ? Number(args[7]) : 1);
        var hosts = args[4].Split(',').Select(Host.Parse).ToArray();
        var seconds = Number(args[5]);
        var count = args.Length > 6 ? int.Parse(args[6], CultureInfo.InvariantCulture) : 1;
        var network = new Network(path, seed: 1);
        var flows = new Flow[count];
        for (var i = 0; i < count; i++)
        {
            network.RunUntil(TimeSpan.FromSeconds(i * (args.Length > 8 ? Number(args[8]) : 0)));
            flows[i] = network.Add(hosts[i % hosts.Length]);
        }

        var last = new long[count];
        var watch = System.Diagnostics.Stopwatch.StartNew();
        var step = seconds / 40;
        for (var t = step; t <= seconds; t += step)
        {
            network.RunUntil(TimeSpan.FromSeconds(t));
            for (var i = 0; i < count; i++)
            {
                var sender = flows[i].From.Sender;
                var rate = (flows[i].Received - last[i]) * 8 / step / 1e6;
                last[i] = flows[i].Received;
                Console.Write(string.Create(CultureInfo.InvariantCulture,
                    $"{t,6:F2} {rate,8:F1} Mbit/s cwnd {sender.Congestion.Window / 1e3,9:F0}k ssthresh {Math.Min(sender.Congestion.SlowStartThreshold / 1e3, 9e6),8:F0}k pipe {sender.Pipe / 1e3,9:F0}k wnd {sender.Window / 1e3,8:F0}k pace {sender.Congestion.PacingRate * 8 / 1e6,7:F1} srtt {sender.Rtt.Smoothed.TotalMilliseconds,6:F1} rtx {sender.Retransmissions,5} drop {network.Dropped,5} {sender.Congestion} | "));
            }

            Console.WriteLine();
        }

        for (var i = 0; i < count; i++)
        {
            Console.WriteLine($"{flows[i].Received * 8 / seconds / 1e6:F1} Mbit/s in {watch.Elapsed.TotalSeconds:F1} s");
        }
    }
}
