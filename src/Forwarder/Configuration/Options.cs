using Onetun.Forwarder.Common;
using Onetun.Forwarder.Logging;
using Onetun.Forwarder.Proxies;
using Onetun.NetStack;
using Onetun.Tunnel;
using Onetun.Tunnel.WgQuick;
using Onetun.WireGuard;

namespace Onetun.Forwarder.Configuration;

/// <summary>Every option, under its name in the Rust onetun if it has one there.</summary>
internal static class Options
{
    private const string Keys = "Keys";
    private const string WireGuard = "WireGuard";
    private const string Forwarding = "Forwarding";
    private const string Proxies = "Proxies";
    private const string Diagnostics = "Diagnostics";

    /// <summary>The group of what is not about forwarding.</summary>
    public const string More = "More";

    private const int MostConnections = 65_536;
    private const int LongestInterface = 15; // IFNAMSIZ of Linux and macOS, without the end

    /// <summary>What applies where nothing is written.</summary>
    private static readonly ForwarderConfiguration Usual =
        new() { Tunnel = new TunnelOptions { PrivateKey = null!, Addresses = [], Peers = [] }, Forwards = [] };

    public static readonly OptionDeclaration Config = new(
        "Configuration", "--config", "ONETUN_CONFIG", "file",
        "A file of wg-quick or of wireproxy, as it is, or the name of one in /etc/wireguard (wg0), or - for standard input (not with "
        + "stdio); forwards may be written in it after #!onetun. Options and variables override it; SIGHUP reads it again.");

    public static readonly OptionDeclaration PrivateKey = new(
        Keys, "--private-key", "ONETUN_PRIVATE_KEY", "key",
        "Our private key. Others on this machine can read a command line: prefer the variable or the file.")
    {
        HasFileOption = true,
        InterfaceKey = WgQuickKeys.PrivateKey,
    };

    public static readonly OptionDeclaration PrivateKeyFile = new(
        Keys, "--private-key-file", "ONETUN_PRIVATE_KEY_FILE", "file", "A file that holds our private key.");

    public static readonly OptionDeclaration EndpointPublicKey = new(
        Keys, "--endpoint-public-key", "ONETUN_ENDPOINT_PUBLIC_KEY", "key",
        "The public key of the WireGuard endpoint. Required.")
    {
        PeerKey = WgQuickKeys.PublicKey,
    };

    public static readonly OptionDeclaration PresharedKey = new(
        Keys, "--preshared-key", "ONETUN_PRESHARED_KEY", "key", "The preshared key, if the endpoint has one for us.")
    {
        Default = "none",
        Secret = "Preshared key",
        PeerKey = WgQuickKeys.PresharedKey,
    };

    public static readonly OptionDeclaration EndpointAddr = new(
        WireGuard, "--endpoint-addr", "ONETUN_ENDPOINT_ADDR", "host:port",
        "Where the WireGuard endpoint is. Required.")
    {
        PeerKey = WgQuickKeys.Endpoint,
    };

    public static readonly OptionDeclaration EndpointBindAddr = new(
        WireGuard, "--endpoint-bind-addr", "ONETUN_ENDPOINT_BIND_ADDR", "host:port",
        "Where our own UDP socket is bound (WireGuard's ListenPort).")
    {
        Default = "[::]:0, which takes IPv4 too",
        InterfaceKey = WgQuickKeys.ListenPort,
        Label = "bound to",
        Fixed = configuration => configuration.Tunnel.Transport.BindEndPoint?.ToString(),
    };

    public static readonly OptionDeclaration BindInterface = new(
        WireGuard, "--bind-interface", "ONETUN_BIND_INTERFACE", "name",
        "Sends and receives WireGuard's datagrams through this network interface only, whatever the routes say (Linux, macOS).")
    {
        Default = "any",
        Label = "bound to interface",
        Fixed = configuration => configuration.Tunnel.Transport.BindInterface,
        Effect = ReadInterface,
    };

    public static readonly OptionDeclaration FirewallMark = new(
        WireGuard, "--fwmark", "ONETUN_FWMARK", "number",
        "Marks WireGuard's datagrams for the routing rules and firewall of Linux: 51820, 0xca6c or off. Needs CAP_NET_ADMIN.")
    {
        Default = "off",
        InterfaceKey = WgQuickKeys.FwMark,
        Label = "fwmark",
        Fixed = configuration => configuration.Tunnel.Transport.FirewallMark is 0 ? null : $"0x{configuration.Tunnel.Transport.FirewallMark:x}",
        Effect = ReadMark,
    };

    public static readonly OptionDeclaration SourcePeerIp = new(
        WireGuard, "--source-peer-ip", "ONETUN_SOURCE_PEER_IP", "ip[/length]",
        "Our address in the WireGuard network. Required. If there are several (commas, or the option again), a host is reached from "
        + "the one whose prefix contains it (10.0.0.3/24), else from the first of its IP version.")
    {
        IsList = true,
        InterfaceKey = WgQuickKeys.Address,
        Label = "addresses",
        Fixed = configuration => string.Join(", ", configuration.Tunnel.Addresses),
    };

    public static readonly OptionDeclaration Dns = new(
        WireGuard, "--dns", "ONETUN_DNS", "ip[,ip]",
        "Resolvers inside the tunnel. With them, no lookup of a destination leaves it.")
    {
        Default = "the system's",
        IsList = true,
        InterfaceKey = WgQuickKeys.Dns,
        Label = "dns",
        Fixed = configuration => configuration.Dns.Count == 0
            ? null
            : string.Join(", ", configuration.Dns.Select(server => server.ToString()).Concat(configuration.SearchDomains)),
    };

    public static readonly OptionDeclaration KeepAlive = new(
        WireGuard, "--keep-alive", "ONETUN_KEEP_ALIVE", "seconds",
        "Interval of persistent keepalives, 0 to 65535; 25 if --remote is given.")
    {
        IsOfRun = true,
        Default = "off",
        PeerKey = WgQuickKeys.PersistentKeepalive,
    };

    public static readonly OptionDeclaration MaxTransmissionUnit = new(
        WireGuard, "--max-transmission-unit", "ONETUN_MTU", "bytes",
        $"The largest packet inside the tunnel: {WgQuickValues.MinimumMtu} to {WgQuickValues.MaximumMtu}, and at least "
        + $"{WgQuickValues.MinimumMtuOfIPv6} with an IPv6 address.")
    {
        Default = $"{Usual.Tunnel.Mtu}",
        InterfaceKey = WgQuickKeys.Mtu,
        Label = "mtu",
        Fixed = configuration => $"{configuration.Tunnel.Mtu}",
        Effect = ReadMtu,
    };

    public static readonly OptionDeclaration CongestionControl = new(
        WireGuard, "--cc", "ONETUN_CC", ChoiceReader.Names<CongestionControl>(),
        "Congestion control of TCP inside the tunnel.")
    {
        IsOfRun = true,
        Default = ChoiceName.Of(Usual.Tunnel.Tcp.CongestionControl),
        Effect = Effects.Choice<CongestionControl>("--cc", (configuration, choice) =>
            configuration.WithTunnel(tunnel => tunnel with { Tcp = tunnel.Tcp with { CongestionControl = choice } })),
    };

    public static readonly OptionDeclaration Aead = new(
        WireGuard, "--aead", "ONETUN_AEAD", ChoiceReader.Names<AeadLibrary>(),
        "The library that encrypts packets. OpenSSL is faster; where it is missing, libsodium is used.")
    {
        Default = ChoiceName.Of(Usual.Tunnel.AeadLibrary),
        Effect = Effects.Choice<AeadLibrary>("--aead", (configuration, choice) =>
            configuration.WithTunnel(tunnel => tunnel with { AeadLibrary = choice })),
    };

    public static readonly OptionDeclaration PortForward = new(
        Forwarding, "[src_host:]<src_port>:<dst_host>:<dst_port>[:TCP,UDP,...]", "ONETUN_PORT_FORWARD_", "",
        "Forwards a port of this side to a host behind the tunnel. Can be repeated.")
    {
        IsOfTunnel = false,
        IsNumbered = true,
        FileComment = WgQuickFile.ForwardMark,
    };

    public static readonly OptionDeclaration UdpTimeout = new(
        Forwarding, "--udp-timeout", "ONETUN_UDP_TIMEOUT", "seconds",
        $"How long a client keeps its UDP port in the tunnel without traffic, 1 to {Effects.LongestTime}.")
    {
        IsOfTunnel = false,
        Default = $"{Usual.Udp.IdleTimeout.TotalSeconds}",
        Effect = Effects.Seconds(1, "Invalid UDP timeout:", (configuration, time) =>
            configuration with { Udp = configuration.Udp with { IdleTimeout = time } }),
    };

    public static readonly OptionDeclaration IdleTimeout = new(
        Forwarding, "--idle-timeout", "ONETUN_IDLE_TIMEOUT", "seconds",
        $"How long a TCP connection may be silent both ways before it is reset, up to {Effects.LongestTime}; 0 means no limit.")
    {
        IsOfTunnel = false,
        Default = "0",
        Effect = Effects.Seconds(0, "Invalid --idle-timeout:", (configuration, time) =>
            configuration with { Tcp = configuration.Tcp with { IdleTimeout = time == TimeSpan.Zero ? null : time } }),
    };

    public static readonly OptionDeclaration MaxConnections = new(
        Forwarding, "--max-connections", "ONETUN_MAX_CONNECTIONS", "count",
        $"The most TCP connections at once for each forward and proxy, up to {MostConnections}; further ones are reset. 0 means no limit.")
    {
        IsOfTunnel = false,
        Default = "0",
        Effect = Effects.Number(0, MostConnections, "Invalid --max-connections:", " (0 is no limit)", (configuration, count) =>
            configuration with { Tcp = configuration.Tcp with { MaximumConnections = count == 0 ? null : count } }),
    };

    public static readonly OptionDeclaration ShutdownTimeout = new(
        Forwarding, "--shutdown-timeout", "ONETUN_SHUTDOWN_TIMEOUT", "seconds",
        $"How long a stop by Ctrl-C or SIGTERM may take, 0 to {Effects.LongestTime}; connections have all but the last 1.5 s of it to finish.")
    {
        IsOfTunnel = false,
        Default = $"{Usual.Shutdown.TotalSeconds}",
        Effect = Effects.Seconds(0, "Invalid --shutdown-timeout:", (configuration, time) =>
            configuration with { Shutdown = time }),
    };

    public static readonly OptionDeclaration Remote = new(
        Forwarding, "--remote", "ONETUN_REMOTE_PORT_FORWARD_", "forward",
        "Forwards a port of our address in the WireGuard network to this side: "
        + "<src_port>:<dst_host>:<dst_port>[:TCP,UDP,...]; with *: before it, a port of all our addresses. Can be repeated.")
    {
        ShortName = "-r",
        IsOfTunnel = false,
        IsNumbered = true,
        FileComment = $"{WgQuickFile.ForwardMark} --remote",
    };

    public static readonly OptionDeclaration ProxyUser = new(
        Proxies, "--proxy-user", "ONETUN_PROXY_USER", "user:password", "Who may use the proxies.")
    {
        IsOfTunnel = false,
        Default = "anyone who reaches them",
        Secret = "Proxy password",
        IsNeverEmpty = true,
    };

    public static readonly OptionDeclaration Metrics = new(
        Diagnostics, "--metrics", "ONETUN_METRICS", "[addr:]port",
        "Answers HTTP: / is a page to look at, /status.json what it shows, /metrics for Prometheus, /livez and /readyz.")
    {
        IsOfTunnel = false,
        Default = "off",
    };

    public static readonly OptionDeclaration MetricsHost = new(
        Diagnostics, "--metrics-host", "ONETUN_METRICS_HOST", "name[,name]",
        "Names by which the port of --metrics may be asked for, besides addresses, localhost and names without a dot.")
    {
        IsOfTunnel = false,
        IsList = true,
        Default = "none",
    };

    public static readonly OptionDeclaration Log = new(
        Diagnostics, "--log", "ONETUN_LOG", "filter",
        "What is logged: off, error, warn, info, debug or trace, also per target (onetun::pcap=debug).")
    {
        IsOfRun = true,
        Default = "info",
        Words = ["error", "warn", "info", "debug", "trace", "off"],
        Effect = ReadLog,
    };

    public static readonly OptionDeclaration LogFormat = new(
        Diagnostics, "--log-format", "ONETUN_LOG_FORMAT", ChoiceReader.Names<LogFormat>(),
        "Lines for people, or one JSON object per line.")
    {
        IsOfRun = true,
        Default = ChoiceName.Of(Usual.LogFormat),
        Effect = Effects.Choice<LogFormat>("--log-format", (configuration, choice) => configuration with { LogFormat = choice }),
    };

    public static readonly OptionDeclaration Check = new(
        More, "--check", "", "", "Shows what would run, or what is wrong, and exits.")
    {
        IsOfTunnel = false,
    };

    /// <summary>Only a file has these.</summary>
    public static readonly OptionDeclaration AllowedIPs = new(WireGuard, "", "", "", "") { PeerKey = WgQuickKeys.AllowedIPs, IsList = true };

    /// <summary>Where each proxy listens.</summary>
    public static readonly IReadOnlyList<(ProxyKind Kind, OptionDeclaration Option)> OfProxies =
    [
        .. ProxyKind.All.Select(kind => (kind, new OptionDeclaration(
            Proxies, kind.Option, kind.Variable, "[addr:]port", kind.Description)
        {
            IsOfTunnel = false,
        })),
    ];

    /// <summary>All that take one value, in the order of the help.</summary>
    public static readonly IReadOnlyList<OptionDeclaration> All =
    [
        Config,
        PrivateKey, PrivateKeyFile, EndpointPublicKey, PresharedKey,
        EndpointAddr, SourcePeerIp, EndpointBindAddr, BindInterface, FirewallMark, Dns, KeepAlive, MaxTransmissionUnit, CongestionControl, Aead,
        UdpTimeout, IdleTimeout, MaxConnections, ShutdownTimeout,
        .. OfProxies.Select(proxy => proxy.Option), ProxyUser,
        Log, LogFormat, Metrics, MetricsHost,
        .. CaptureOptions.All,
    ];

    /// <summary>All that may stand on a command line.</summary>
    public static readonly IReadOnlyList<OptionDeclaration> OfCommandLine = [.. All, PortForward, Remote, Check];

    /// <summary>What each peer has of its own.</summary>
    public static readonly IReadOnlyList<OptionDeclaration> OfPeers = [.. All.Where(option => option.PeerKey is not null), AllowedIPs];

    /// <summary>What the [Interface] of a file may have.</summary>
    public static readonly IReadOnlyList<OptionDeclaration> OfInterface = [.. All.Where(option => option.InterfaceKey is not null)];

    private static ForwarderConfiguration ReadMtu(ForwarderConfiguration configuration, Setting setting, FaultList faults)
    {
        if (WgQuickValues.TryReadMtu(setting.Value!, configuration.Tunnel.Addresses, out var bytes, out var reason))
        {
            return configuration.WithTunnel(tunnel => tunnel with { Mtu = bytes });
        }

        faults.Value(setting, $"Invalid MTU: {reason}");
        return configuration;
    }

    private static ForwarderConfiguration ReadLog(ForwarderConfiguration configuration, Setting setting, FaultList faults)
    {
        if (LogFilter.TryParse(setting.Value!, out var filter, out var fault))
        {
            return configuration with { Log = filter };
        }

        faults.Value(setting, $"Invalid log filter: {fault}");
        return configuration;
    }

    private static ForwarderConfiguration ReadInterface(ForwarderConfiguration configuration, Setting setting, FaultList faults)
    {
        var name = setting.Value!;
        if (name.Length is 0 or > LongestInterface || name is "." or ".." || name.Any(c => char.IsWhiteSpace(c) || c is '/' or ':'))
        {
            faults.Value(setting, $"Invalid --bind-interface: '{name}' is not the name of a network interface");
        }

        return configuration.WithTunnel(tunnel => tunnel with { Transport = tunnel.Transport with { BindInterface = name } });
    }

    private static ForwarderConfiguration ReadMark(ForwarderConfiguration configuration, Setting setting, FaultList faults)
    {
        if (WgQuickValues.TryReadMark(setting.Value!, out var mark, out var reason))
        {
            return configuration.WithTunnel(tunnel => tunnel with { Transport = tunnel.Transport with { FirewallMark = mark } });
        }

        faults.Value(setting, $"Invalid {FirewallMark.NameIn(setting.Source)}: {reason}");
        return configuration;
    }
}
