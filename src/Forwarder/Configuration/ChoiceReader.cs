using Onetun.Forwarder.Common;

namespace Onetun.Forwarder.Configuration;

/// <summary>Reads one of the names of an enumeration, in whatever case.</summary>
internal static class ChoiceReader
{
    /// <summary>The names as they are written, with bars between them.</summary>
    public static string Names<T>()
        where T : struct, Enum => string.Join('|', Enum.GetValues<T>().Select(ChoiceName.Of));

    /// <summary>The one that was written; null, and a fault, if it is not one of them.</summary>
    public static T? Read<T>(Setting setting, string option, FaultList faults)
        where T : struct, Enum
    {
        foreach (var value in Enum.GetValues<T>())
        {
            if (ChoiceName.Of(value).Equals(setting.Value, StringComparison.OrdinalIgnoreCase))
            {
                return value;
            }
        }

        faults.Value(setting, $"Invalid {option}: '{setting.Value}' is not one of {Names<T>()}");
        return null;
    }
}
