using System.Globalization;

namespace Onetun.Forwarder.Configuration;

/// <summary>Reads whole numbers, each with its bounds.</summary>
internal sealed class NumberReader(FaultList faults)
{
    /// <summary>The number that was written, or the usual one.</summary>
    public int Read(Setting setting, int usual, int minimum, int maximum, string failure, string unit = "")
    {
        if (setting.Value is not { } text)
        {
            return usual;
        }

        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            || number < minimum || number > maximum)
        {
            faults.Value(setting, $"{failure} must be a number between {minimum} and {maximum}{unit}");
        }

        return number;
    }
}
