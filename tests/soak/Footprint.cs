using System.Globalization;

namespace Onetun.Soak;

/// <summary>What the process holds of the system.</summary>
/// <param name="Resident">MB of memory.</param>
/// <param name="Handles">Descriptors.</param>
/// <param name="Threads">Threads.</param>
/// <param name="Ports">Sockets of TCP and UDP.</param>
/// <param name="Open">Connections and flows that it says go on.</param>
internal sealed record Footprint(int Resident, int Handles, int Threads, int Ports, int Open)
{
    // What the collector keeps of a peak, and has no reason to give back, is not lost
    private const double MemoryFactor = 1.5;
    private const int MemoryMargin = 60;

    /// <summary>The pool has as many as there was work for, and lets them go when it likes.</summary>
    private const int ThreadMargin = 8;

    /// <summary>A leak in thousands of connections is more than the runtime's own comings and goings.</summary>
    private const int HandleMargin = 4;

    public static async Task<Footprint> OfAsync(Forwarder onetun)
    {
        var status = await File.ReadAllLinesAsync($"/proc/{onetun.Id}/status");
        var sockets = await Command.RunAsync("ss", "--no-header", "--tcp", "--udp", "--all", "--numeric", "--processes");
        var open = (await onetun.MeasureAsync()).Where(one => one.Name.StartsWith("onetun_forward_connections_open{", StringComparison.Ordinal)).Sum(one => one.Value);
        return new Footprint(
            Number(status, "VmRSS:") / 1024,
            Directory.GetFileSystemEntries($"/proc/{onetun.Id}/fd").Length,
            Number(status, "Threads:"),
            sockets.Split('\n').Count(line => line.Contains($"pid={onetun.Id},", StringComparison.Ordinal)),
            (int)open);
    }

    /// <summary>MB of memory at its most.</summary>
    public static async Task<int> PeakAsync(Forwarder onetun) =>
        Number(await File.ReadAllLinesAsync($"/proc/{onetun.Id}/status"), "VmHWM:") / 1024;

    /// <summary>What it holds more than before and must not.</summary>
    public IReadOnlyList<string> Leaks(Footprint before)
    {
        List<string> leaks = [];
        void Compare(string what, int then, int now, double limit)
        {
            if (now > limit)
            {
                leaks.Add($"{what} {then} -> {now}");
            }
        }

        Compare("MB of memory", before.Resident, Resident, Math.Max(before.Resident * MemoryFactor, before.Resident + MemoryMargin));
        Compare("descriptors", before.Handles, Handles, before.Handles + HandleMargin);
        Compare("threads", before.Threads, Threads, before.Threads + ThreadMargin);
        Compare("sockets", before.Ports, Ports, before.Ports);
        Compare("open connections", before.Open, Open, 0);
        return leaks;
    }

    private static int Number(string[] status, string name) => int.Parse(
        Array.Find(status, line => line.StartsWith(name, StringComparison.Ordinal))!.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[1],
        CultureInfo.InvariantCulture);
}
