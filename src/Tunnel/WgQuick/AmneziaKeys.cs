using System.Diagnostics.CodeAnalysis;

namespace Onetun.Tunnel.WgQuick;

/// <summary>
/// What AmneziaWG adds to the [Interface] of a file. Its junk packets go out besides WireGuard's, and no peer needs them; its
/// headers and paddings are in WireGuard's own messages, which only a peer with the same ones understands.
/// </summary>
internal static class AmneziaKeys
{
    private static readonly string[] Junk =
        ["JC", "JMIN", "JMAX", "I1", "I2", "I3", "I4", "I5", "J1", "J2", "J3", "ITIME"];

    // With these values the messages are those of WireGuard.
    private static readonly Dictionary<string, string> Plain = new()
    {
        ["S1"] = "0",
        ["S2"] = "0",
        ["S3"] = "0",
        ["S4"] = "0",
        ["H1"] = "1",
        ["H2"] = "2",
        ["H3"] = "3",
        ["H4"] = "4",
    };

    /// <summary>Whether a key, in capitals, is one that may be ignored.</summary>
    public static bool IsJunk(string key) => Junk.Contains(key);

    /// <summary>Whether a key, in capitals, is of WireGuard's own messages, and what it has to be.</summary>
    public static bool IsOfMessages(string key, [NotNullWhen(true)] out string? plain) => Plain.TryGetValue(key, out plain);
}
