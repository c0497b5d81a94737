using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Onetun.Tunnel.Text;

/// <summary>Whole numbers as people write them, each with its bounds.</summary>
internal static class NumberText
{
    /// <summary>Reads a number within bounds; else it is 0, and the reason says why.</summary>
    public static bool TryParse(string? text, int minimum, int maximum, out int number, [NotNullWhen(false)] out string? reason)
    {
        var isNumber = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number)
            && number >= minimum && number <= maximum;
        (number, reason) = isNumber ? (number, null) : (0, $"'{text}' is not a number between {minimum} and {maximum}");
        return isNumber;
    }
}
