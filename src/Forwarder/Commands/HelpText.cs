using System.CommandLine;
using System.CommandLine.Invocation;
using Onetun.Forwarder.Configuration;

namespace Onetun.Forwarder.Commands;

/// <summary>Writes the help of the main command, its options in groups with their defaults and variables.</summary>
internal sealed class HelpText(ForwardFlags flags) : SynchronousCommandLineAction
{
    private const string Usage = """
        Carries TCP and UDP ports through WireGuard, both ways, with no root and no network device.

        Usage:
          onetun [src_host:]<src_port>:<dst_host>:<dst_port>[:TCP,UDP,...] [...] [options]
          onetun --config <wg-quick file> [...] [options]
          onetun stdio <host>:<port> [options]   one connection on standard input and output
          onetun demo [--once] [--port <port>]   try it against a WireGuard peer of its own: no server needed
          onetun status [--json] [--watch]       how the running processes stand
          onetun doctor [...] [options]          why nothing works: name, handshake, routes, ports, MTU
          onetun genkey | pubkey | genpsk        make keys, as wg does

        Port forwards (also ONETUN_PORT_FORWARD_1, _2, ...):
          src_host is 127.0.0.1 unless given, src_port 0 takes any free port; IPv6 addresses need brackets.
          dst_host is a name or address inside the tunnel: the peer's own address, not localhost.
            127.0.0.1:8080:192.168.4.2:8080
            8080:192.168.4.2:8080:TCP,UDP
            [::1]:8080:peer.intranet:80
            unix:/run/web.sock:192.168.4.2:80

        Variables (env): the command line wins over them, they over a file. With _FILE behind its name a
          variable names a file that holds the value: ONETUN_PRESHARED_KEY_FILE=/run/secrets/psk
        """;

    /// <summary>Where descriptions begin and how wide the text may be.</summary>
    private const int Indent = 10;

    private const int Width = 100;

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        Write(parseResult.InvocationConfiguration.Output);
        return ExitCode.Success;
    }

    /// <summary>Writes all of it.</summary>
    public void Write(TextWriter output)
    {
        output.WriteLine(Usage);
        foreach (var group in Options.All.GroupBy(option => option.Group))
        {
            output.WriteLine($"{Environment.NewLine}{group.Key}:");
            foreach (var option in group)
            {
                var notes = $"[env: {option.Variable}]{(option.Default is null ? "" : $" [default: {option.Default}]")}";
                WriteOption(output, $"{option.Name} <{option.ValueName}>", option.Description, notes);
            }

            if (group.Key == "Forwarding")
            {
                var remote = flags.Remote;
                const string notes = "[env: ONETUN_REMOTE_PORT_FORWARD_1, _2, ...]";
                WriteOption(output, $"-r, {remote.Name} <{remote.HelpName}>", remote.Description, notes);
            }
        }

        output.WriteLine($"{Environment.NewLine}More:");
        WriteOption(output, flags.Check.Name, flags.Check.Description, "");
        WriteOption(output, "-h, --help", "Shows this text.", "");
        WriteOption(output, "-V, --version", "Shows the version.", "");
    }

    private static void WriteOption(TextWriter output, string name, string? description, string notes)
    {
        output.WriteLine($"  {name}");
        var line = "";
        foreach (var word in $"{description} {notes}".Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (Indent + line.Length + 1 + word.Length > Width)
            {
                output.WriteLine($"{new string(' ', Indent)}{line}");
                line = "";
            }

            line += line.Length == 0 ? word : $" {word}";
        }

        output.WriteLine($"{new string(' ', Indent)}{line}");
    }
}
