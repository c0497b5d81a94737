using System.Globalization;
using Onetun.Forwarder.Control;

namespace Onetun.Forwarder.Wireshark;

/// <summary>A running process as an interface in Wireshark's list.</summary>
internal static class ExtcapInterface
{
    private const string Prefix = "onetun-";

    /// <summary>What Wireshark calls it by.</summary>
    public static string NameOf(int process) => string.Create(CultureInfo.InvariantCulture, $"{Prefix}{process}");

    /// <summary>The process that a name stands for.</summary>
    public static bool TryParse(string? name, out int process)
    {
        process = 0;
        return name is not null
            && name.StartsWith(Prefix, StringComparison.Ordinal)
            && int.TryParse(name.AsSpan(Prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out process);
    }

    /// <summary>What people see of it: the file that configures it or, without one, its first forward.</summary>
    public static string DisplayOf(ProcessStatus process)
    {
        var forward = process.Forwards.Count > 0 ? process.Forwards[0] : null;
        var what = process.Configuration ?? (forward?.Remote is null ? forward?.Local : $"{forward.Local} to {forward.Remote}");
        return string.Create(CultureInfo.InvariantCulture, $"onetun{(what is null ? "" : $": {what}")}, process {process.Pid}");
    }
}
