using System.CommandLine;
using System.Globalization;
using Onetun.Forwarder.Configuration;

namespace Onetun.Forwarder.Commands;

/// <summary>The arguments of the main command: those of the Rust onetun, by the same names.</summary>
internal sealed class ForwardFlags
{
    /// <summary>The forwards, also from <c>ONETUN_PORT_FORWARD_1</c> and so on.</summary>
    public Argument<string[]> PortForwards { get; } = new("PORT_FORWARD")
    {
        Arity = ArgumentArity.ZeroOrMore,
        Description = "Port forwards: [src_host:]<src_port>:<dst_host>:<dst_port>[:TCP,UDP,...]",
    };

    public Flag Config { get; } = new(
        "Configuration", "--config", "ONETUN_CONFIG", "file",
        "A wg-quick file, as it is; forwards may stand in it behind #!onetun. Options and variables override it.");

    /// <summary>Reads everything and runs nothing.</summary>
    public Option<bool> Check { get; } = new("--check")
    {
        Description = "Says what would run, or what is wrong, and ends.",
    };

    public Flag PrivateKey { get; } = new(
        "Keys", "--private-key", "ONETUN_PRIVATE_KEY", "key",
        "Our private key. Others on this machine can read a command line: prefer the variable or the file.");

    public Flag PrivateKeyFile { get; } = new(
        "Keys", "--private-key-file", "ONETUN_PRIVATE_KEY_FILE", "file", "A file that holds our private key.");

    public Flag EndpointPublicKey { get; } = new(
        "Keys", "--endpoint-public-key", "ONETUN_ENDPOINT_PUBLIC_KEY", "key", "The public key of the WireGuard endpoint. Required.");

    public Flag PresharedKey { get; } = new(
        "Keys", "--preshared-key", "ONETUN_PRESHARED_KEY", "key", "The preshared key, if the endpoint has one for us.")
    {
        Default = "none",
    };

    public Flag EndpointAddr { get; } = new(
        "WireGuard", "--endpoint-addr", "ONETUN_ENDPOINT_ADDR", "host:port", "Where the WireGuard endpoint is. Required.");

    public Flag EndpointBindAddr { get; } = new(
        "WireGuard", "--endpoint-bind-addr", "ONETUN_ENDPOINT_BIND_ADDR", "host:port",
        "Where our own UDP socket is bound (WireGuard's ListenPort).")
    {
        Default = "0.0.0.0:0 or [::]:0, like the endpoint",
    };

    public Flag SourcePeerIp { get; } = new(
        "WireGuard", "--source-peer-ip", "ONETUN_SOURCE_PEER_IP", "ip",
        "Our address in the WireGuard network, or an IPv4 and an IPv6 one with a comma. Required.");

    public Flag KeepAlive { get; } = new(
        "WireGuard", "--keep-alive", "ONETUN_KEEP_ALIVE", "seconds", "Interval of persistent keepalives, 0 to 65535.")
    {
        Default = "off",
    };

    public Flag MaxTransmissionUnit { get; } = new(
        "WireGuard", "--max-transmission-unit", "ONETUN_MTU", "bytes", "The largest packet inside the tunnel.")
    {
        Default = "1420",
    };

    public Flag UdpTimeout { get; } = new(
        "Forwarding", "--udp-timeout", "ONETUN_UDP_TIMEOUT", "seconds", "A client's UDP port in the tunnel is given up after so much silence.")
    {
        Default = "60",
    };

    public Flag Log { get; } = new(
        "Diagnostics", "--log", "ONETUN_LOG", "filter",
        "What is logged: off, error, warn, info, debug or trace, also per target (onetun::pcap=debug).")
    {
        Default = "info",
    };

    public Flag Pcap { get; } = new(
        "Diagnostics", "--pcap", "ONETUN_PCAP", "file",
        "Captures the packets inside the tunnel to a file for Wireshark; - is standard output.")
    {
        Default = "off",
    };

    /// <summary>Takes one value each time: the forwards behind it are not its own.</summary>
    public Option<string[]> Remote { get; } = new("--remote", "-r")
    {
        Arity = ArgumentArity.OneOrMore,
        AllowMultipleArgumentsPerToken = false,
        HelpName = "forward",
        Description = "Forwards a port of our address in the WireGuard network to this side: "
            + "<src_port>:<dst_host>:<dst_port>[:TCP,UDP,...]. Can be repeated.",
    };

    /// <summary>Every option with a variable of its own, in the order of the help.</summary>
    public IReadOnlyList<Flag> All =>
    [
        Config,
        PrivateKey, PrivateKeyFile, EndpointPublicKey, PresharedKey,
        EndpointAddr, EndpointBindAddr, SourcePeerIp, KeepAlive, MaxTransmissionUnit,
        UdpTimeout,
        Log, Pcap,
    ];

    public void AddTo(Command command)
    {
        command.Add(PortForwards);
        command.Add(Remote);
        command.Add(Check);
        foreach (var flag in All)
        {
            command.Add(flag);
        }
    }

    /// <summary>What was written, the command line before the environment.</summary>
    public Settings Read(ParseResult line, Machine machine)
    {
        Setting Of(Flag flag) => line.GetValue(flag) is { } value
            ? new Setting(value, SettingSource.CommandLine)
            : machine.Variable(flag.Variable) is { Length: > 0 } variable
                ? new Setting(variable, SettingSource.Environment)
                : default;

        return new Settings
        {
            Config = Of(Config),
            PortForwards = [.. Given(line.GetValue(PortForwards)), .. Numbered("ONETUN_PORT_FORWARD_", machine)],
            RemotePortForwards = [.. Given(line.GetValue(Remote)), .. Numbered("ONETUN_REMOTE_PORT_FORWARD_", machine)],
            PrivateKey = Of(PrivateKey),
            PrivateKeyFile = Of(PrivateKeyFile),
            EndpointBindAddr = Of(EndpointBindAddr),
            SourcePeerIp = Of(SourcePeerIp),
            MaxTransmissionUnit = Of(MaxTransmissionUnit),
            Peers =
            [
                new PeerSettings
                {
                    PublicKey = Of(EndpointPublicKey),
                    PresharedKey = Of(PresharedKey),
                    EndpointAddr = Of(EndpointAddr),
                    KeepAlive = Of(KeepAlive),
                },
            ],
            UdpTimeout = Of(UdpTimeout),
            Log = Of(Log),
            Pcap = Of(Pcap),
        };
    }

    private static IEnumerable<Setting> Given(string[]? values) =>
        (values ?? []).Select(value => new Setting(value, SettingSource.CommandLine));

    // .. ends at the first gap, as the original does
    private static IEnumerable<Setting> Numbered(string prefix, Machine machine)
    {
        for (var n = 1; machine.Variable(prefix + n.ToString(CultureInfo.InvariantCulture)) is { Length: > 0 } value; n++)
        {
            yield return new Setting(value, SettingSource.Environment);
        }
    }
}
