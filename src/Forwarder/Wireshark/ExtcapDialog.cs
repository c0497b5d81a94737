using System.Globalization;

namespace Onetun.Forwarder.Wireshark;

/// <summary>What Wireshark is told of an interface: what its packets are, and what may be chosen for a capture.</summary>
internal static class ExtcapDialog
{
    /// <summary>LINKTYPE_RAW; each interface of the file says so too.</summary>
    public static string LinkType { get; } = ExtcapSentence.Of("dlt", ("number", "101"), ("name", "RAW"), ("display", "Raw IP"));

    /// <summary>The options of our command that the dialog shows; what is left out is as it is on the command line.</summary>
    public static string Arguments()
    {
        string[] lines =
        [
            Argument(0, "--layers", "selector", "Layers", "Packets inside the tunnel, and WireGuard's datagrams outside it that carry them"),
            Layers("both", "Inside and outside", isDefault: true),
            Layers("inner", "Inside the tunnel", isDefault: false),
            Layers("outer", "WireGuard outside", isDefault: false),
            Argument(1, "--filter", "string", "Filter",
                "Packets inside the tunnel, and datagrams that carry them, in tcpdump's words: tcp port 80 and host 10.0.0.2",
                ("placeholder", "tcp port 80 and host 10.0.0.2")),
            // A number may come to be another process's: what was chosen for this one must not be chosen for that
            Argument(2, "--secrets", "boolflag", "Keys, so that Wireshark decrypts (DANGER)",
                "Whoever reads the capture reads all traffic, and can pass for this machine: do not save it, or delete it when you are done",
                ("default", "false"), ("save", "false")),
        ];
        return string.Concat(lines.Select(line => $"{line}\n"));
    }

    private static string Argument(
        int number, string call, string type, string display, string tooltip, params ReadOnlySpan<(string Name, string Value)> more) =>
        ExtcapSentence.Of("arg",
        [
            ("number", number.ToString(CultureInfo.InvariantCulture)), ("call", call), ("type", type), ("display", display), ("tooltip", tooltip), .. more,
        ]);

    private static string Layers(string value, string display, bool isDefault) =>
        ExtcapSentence.Of("value", ("arg", "0"), ("value", value), ("display", display), ("default", isDefault ? "true" : "false"));
}
