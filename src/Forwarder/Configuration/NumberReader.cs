using Onetun.Tunnel.Text;

namespace Onetun.Forwarder.Configuration;

/// <summary>Reads whole numbers, each with its bounds.</summary>
internal static class NumberReader
{
    /// <summary>The number that was written; null, and a fault, if it is not a number within them.</summary>
    public static int? Read(Setting setting, int minimum, int maximum, string failure, FaultList faults, string unit = "")
    {
        if (NumberText.TryParse(setting.Value, minimum, maximum, out var number, out var reason))
        {
            return number;
        }

        faults.Value(setting, $"{failure} {reason}{unit}");
        return null;
    }
}
