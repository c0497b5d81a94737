using System.Globalization;

namespace Onetun.Interop;

/// <summary>What tcpdump, and so libpcap, thinks of a filter.</summary>
internal static class Tcpdump
{
    /// <summary>The times of the packets that a filter takes from a file, in whole seconds; nothing if it is refused.</summary>
    public static async Task<int[]?> TrySelectAsync(string file, string filter)
    {
        // Without -O, libpcap 1.10.3 takes fewer packets than it was asked for, as of tcp && ip6 dst net fd00::/63 && fd00::/63,
        // of which its optimizer says that it rejects all
        var (exitCode, lines, _) = await Tool.RunAsync("tcpdump", "-n", "-q", "-tt", "-O", "-r", file, filter);
        return exitCode == 0 ? [.. lines.Split('\n').Where(IsPacket).Select(Seconds)] : null;
    }

    private static bool IsPacket(string line) => line.Length > 0 && char.IsAsciiDigit(line[0]);

    private static int Seconds(string line) =>
        int.Parse(line.AsSpan(0, line.IndexOf('.', StringComparison.Ordinal)), CultureInfo.InvariantCulture);
}
