using System.CommandLine;
using Onetun.Forwarder.Configuration;

namespace Onetun.Forwarder.Commands;

/// <summary>What the help and the manual page say besides the options.</summary>
internal static class Introduction
{
    public const string Summary = "Carries TCP and UDP ports through WireGuard, both ways, without root or a network device.";

    public const string Variables = "The command line takes precedence over variables, variables over a file. A variable whose name "
        + "ends in _FILE names a file that holds the value: ONETUN_PRESHARED_KEY_FILE=/run/secrets/psk";

    /// <summary>What a forward is made of.</summary>
    public static IReadOnlyList<string> Forwards { get; } =
    [
        "src_host is 127.0.0.1 unless given; src_port 0 takes any free port; IPv6 addresses need brackets.",
        "dst_host is a name or address inside the tunnel: the peer's own address, not localhost.",
    ];

    public static IReadOnlyList<string> Examples { get; } =
    [
        "127.0.0.1:8080:192.168.4.2:8080",
        "8080:192.168.4.2:8080:TCP,UDP",
        "[::1]:8080:peer.intranet:80",
        "unix:/run/web.sock:192.168.4.2:80",
    ];

    /// <summary>The options that most people need, as few words as fit into a line.</summary>
    public static IReadOnlyList<(OptionDeclaration Option, string Text)> Essentials { get; } =
    [
        (Options.Config, "A wg-quick file, a name (wg0), or - for stdin"),
        (Options.PrivateKeyFile, "Our private key"),
        (Options.EndpointPublicKey, "The public key of the WireGuard endpoint"),
        (Options.EndpointAddr, "Where the endpoint is"),
        (Options.SourcePeerIp, "Our address in the WireGuard network"),
        (Options.Remote, "A port of that address, carried to this side"),
        (Options.All.First(option => option.Name == "--proxy"), "A SOCKS5 and HTTP proxy into the tunnel"),
        (Options.Check, "Shows what would run, or what is wrong"),
    ];

    /// <summary>How a command is written.</summary>
    public static IReadOnlyList<string> UsagesOf(Command command) => command is RootCommand
        ? [$"onetun {Options.PortForward.Name} [...] [options]", "onetun --config <file> [...] [options]"]
        : [command.Options.Count > 1 ? $"{ShortUsageOf(command)} [options]" : ShortUsageOf(command)]; // Every command has --help

    /// <summary>How it is used without options.</summary>
    public static string ShortUsageOf(Command command) => string.Join(' ', [$"onetun {command.Name}", .. command.Arguments.Select(UsageOf)]);

    private static string UsageOf(Argument argument) => argument.Arity switch
    {
        { MinimumNumberOfValues: > 0 } => $"<{argument.Name}>",
        { MaximumNumberOfValues: 1 } => $"[{argument.Name}]",
        _ => "[...]",
    };
}
