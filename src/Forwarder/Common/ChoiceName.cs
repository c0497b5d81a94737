using System.Diagnostics.CodeAnalysis;

namespace Onetun.Forwarder.Common;

/// <summary>One of several, as it is written and shown.</summary>
internal static class ChoiceName
{
    /// <summary>In lower case; where it is read, in any.</summary>
    [SuppressMessage("Globalization", "CA1308", Justification = "It is shown in lower case, and compared in any.")]
    public static string Of<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();
}
