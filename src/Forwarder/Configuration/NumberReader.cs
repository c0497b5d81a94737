using System.Globalization;

namespace Onetun.Forwarder.Configuration;

/// <summary>Reads whole numbers, each with its bounds.</summary>
internal static class NumberReader
{
    /// <summary>The number that was written; null, and a fault, if it is not a number within them.</summary>
    public static int? Read(Setting setting, int minimum, int maximum, string failure, FaultList faults, string unit = "")
    {
        if (int.TryParse(setting.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && number >= minimum && number <= maximum)
        {
            return number;
        }

        faults.Value(setting, $"{failure} '{setting.Value}' is not a number between {minimum} and {maximum}{unit}");
        return null;
    }
}
