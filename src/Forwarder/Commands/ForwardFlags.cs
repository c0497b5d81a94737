using System.CommandLine;
using Onetun.Forwarder.Configuration;
using Onetun.Forwarder.Logging;
using Onetun.NetStack;
using Onetun.WireGuard;

namespace Onetun.Forwarder.Commands;

/// <summary>The arguments of the main command: those of the Rust onetun, by the same names.</summary>
internal sealed class ForwardFlags
{
    /// <summary>The forwards, also from <c>ONETUN_PORT_FORWARD_1</c> and so on.</summary>
    public Argument<string[]> PortForwards { get; } = new("PORT_FORWARD")
    {
        Arity = ArgumentArity.ZeroOrMore,
        // .. from the usage lines of the subcommands; the main command writes its own
        Hidden = true,
        Description = "Port forwards: [src_host:]<src_port>:<dst_host>:<dst_port>[:TCP,UDP,...]",
    };

    public Flag Config { get; } = new(
        "Configuration", "--config", "ONETUN_CONFIG", "file",
        "A wg-quick file, as it is; forwards may stand in it behind #!onetun. Options and variables override it; "
        + "SIGHUP reads it again.");

    /// <summary>Reads everything and runs nothing.</summary>
    public Option<bool> Check { get; } = new("--check")
    {
        Description = "Says what would run, or what is wrong, and ends.",
    };

    public Flag PrivateKey { get; } = new(
        "Keys", "--private-key", "ONETUN_PRIVATE_KEY", "key",
        "Our private key. Others on this machine can read a command line: prefer the variable or the file.")
    {
        HasFileOption = true,
    };

    public Flag PrivateKeyFile { get; } = new(
        "Keys", "--private-key-file", "ONETUN_PRIVATE_KEY_FILE", "file", "A file that holds our private key.");

    public Flag EndpointPublicKey { get; } = new(
        "Keys", "--endpoint-public-key", "ONETUN_ENDPOINT_PUBLIC_KEY", "key",
        "The public key of the WireGuard endpoint. Required.");

    public Flag PresharedKey { get; } = new(
        "Keys", "--preshared-key", "ONETUN_PRESHARED_KEY", "key", "The preshared key, if the endpoint has one for us.")
    {
        Default = "none",
        Secret = "Preshared key",
    };

    public Flag EndpointAddr { get; } = new(
        "WireGuard", "--endpoint-addr", "ONETUN_ENDPOINT_ADDR", "host:port",
        "Where the WireGuard endpoint is. Required.");

    public Flag EndpointBindAddr { get; } = new(
        "WireGuard", "--endpoint-bind-addr", "ONETUN_ENDPOINT_BIND_ADDR", "host:port",
        "Where our own UDP socket is bound (WireGuard's ListenPort).")
    {
        Default = "[::]:0, which takes IPv4 too",
    };

    public Flag SourcePeerIp { get; } = new(
        "WireGuard", "--source-peer-ip", "ONETUN_SOURCE_PEER_IP", "ip[/length]",
        "Our address in the WireGuard network. Required. Of several, with commas or the option given again, a host is reached from "
        + "the one whose prefix holds it (10.0.0.3/24), else from the first of its IP version.")
    {
        IsList = true,
    };

    public Flag Dns { get; } = new(
        "WireGuard", "--dns", "ONETUN_DNS", "ip[,ip]",
        "Resolvers behind the tunnel. With them no lookup of a destination leaves it.")
    {
        Default = "the system's",
        IsList = true,
    };

    public Flag KeepAlive { get; } = new(
        "WireGuard", "--keep-alive", "ONETUN_KEEP_ALIVE", "seconds", "Interval of persistent keepalives, 0 to 65535; with --remote 25.")
    {
        Default = "off",
    };

    public Flag MaxTransmissionUnit { get; } = new(
        "WireGuard", "--max-transmission-unit", "ONETUN_MTU", "bytes", "The largest packet inside the tunnel.")
    {
        Default = "1420",
    };

    public Flag CongestionControl { get; } = new(
        "WireGuard", "--cc", "ONETUN_CC", ChoiceReader.Names<CongestionControl>(),
        "How TCP inside the tunnel finds its speed.")
    {
        Default = ChoiceReader.Name(ConfigurationReader.DefaultCongestionControl),
    };

    public Flag Aead { get; } = new(
        "WireGuard", "--aead", "ONETUN_AEAD", ChoiceReader.Names<AeadLibrary>(),
        "Who encrypts packets. OpenSSL is quicker; libsodium does it wherever there is none.")
    {
        Default = ChoiceReader.Name(ConfigurationReader.DefaultAeadLibrary),
    };

    public Flag UdpTimeout { get; } = new(
        "Forwarding", "--udp-timeout", "ONETUN_UDP_TIMEOUT", "seconds",
        "A client's UDP port in the tunnel is given up after so much silence.")
    {
        Default = "60",
    };

    public Flag IdleTimeout { get; } = new(
        "Forwarding", "--idle-timeout", "ONETUN_IDLE_TIMEOUT", "seconds",
        "A TCP connection is reset after so much silence both ways; 0 is never.")
    {
        Default = "0",
    };

    public Flag MaxConnections { get; } = new(
        "Forwarding", "--max-connections", "ONETUN_MAX_CONNECTIONS", "count",
        "TCP connections of each forward and proxy at once, further ones are reset; 0 is no limit.")
    {
        Default = "0",
    };

    public Flag ShutdownTimeout { get; } = new(
        "Forwarding", "--shutdown-timeout", "ONETUN_SHUTDOWN_TIMEOUT", "seconds",
        "What a stop by Ctrl-C or SIGTERM may take; connections have all but the last 1.5 s of it to end.")
    {
        Default = "5",
    };

    public Flag Proxy { get; } = new(
        "Proxies", "--proxy", "ONETUN_PROXY", "[addr:]port",
        "A proxy into the tunnel that speaks SOCKS5 and HTTP on one port. The address is 127.0.0.1 unless given.");

    public Flag Socks5 { get; } = new(
        "Proxies", "--socks5", "ONETUN_SOCKS5", "[addr:]port",
        "A SOCKS5 proxy alone.");

    public Flag HttpProxy { get; } = new(
        "Proxies", "--http-proxy", "ONETUN_HTTP_PROXY", "[addr:]port",
        "An HTTP proxy alone: CONNECT, and plain requests.");

    public Flag ProxyUser { get; } = new(
        "Proxies", "--proxy-user", "ONETUN_PROXY_USER", "user:password", "Who may use the proxies.")
    {
        Default = "anyone who reaches them",
        Secret = "Proxy password",
    };

    public Flag Metrics { get; } = new(
        "Diagnostics", "--metrics", "ONETUN_METRICS", "[addr:]port",
        "Answers HTTP: /metrics for Prometheus, /livez and /readyz.")
    {
        Default = "off",
    };

    public Flag Log { get; } = new(
        "Diagnostics", "--log", "ONETUN_LOG", "filter",
        "What is logged: off, error, warn, info, debug or trace, also per target (onetun::pcap=debug).")
    {
        Default = "info",
    };

    public Flag LogFormat { get; } = new(
        "Diagnostics", "--log-format", "ONETUN_LOG_FORMAT", ChoiceReader.Names<LogFormat>(),
        "Lines for people, or one JSON object a line.")
    {
        Default = "pretty",
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
        EndpointAddr, EndpointBindAddr, SourcePeerIp, Dns, KeepAlive, MaxTransmissionUnit, CongestionControl, Aead,
        UdpTimeout, IdleTimeout, MaxConnections, ShutdownTimeout,
        Proxy, Socks5, HttpProxy, ProxyUser,
        Log, LogFormat, Pcap, Metrics,
    ];

    /// <summary>Adds what a tunnel is made of, and nothing that listens.</summary>
    public void AddTunnelTo(Command command)
    {
        foreach (var flag in All.Where(flag => flag.Group is not ("Forwarding" or "Proxies") && flag != Metrics))
        {
            command.Add(flag);
        }
    }

    /// <summary>Adds all of it.</summary>
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
}
