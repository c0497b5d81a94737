using Onetun.Forwarder.Proxies;

namespace Onetun.Forwarder.Configuration;

/// <summary>What a section of a file of wireproxy may be, besides [Interface] and [Peer], and what becomes of it here.</summary>
/// <param name="Name">As it is written in the file, in any case.</param>
/// <param name="Keys">Those that it has.</param>
/// <param name="Read">Adds what it opens.</param>
internal sealed record WireproxyKind(string Name, string[] Keys, Action<WireproxyServices, WireproxySection> Read)
{
    public const string BindAddress = "BindAddress";
    public const string Target = "Target";
    public const string ListenPort = "ListenPort";
    public const string Timeout = "InactivityTimeout";
    public const string Username = "Username";
    public const string Password = "Password";
    public const string CertFile = "CertFile";
    public const string KeyFile = "KeyFile";
    public const string Strategy = "ResolveStrategy";

    public static readonly WireproxyKind Stdio =
        new("[STDIOTunnel]", [Target], (services, section) => services.AddStdio(section));

    private static readonly WireproxyKind Resolve =
        new("[Resolve]", [Strategy], (services, section) => services.WarnOfStrategy(section));

    private static readonly WireproxyKind[] All =
    [
        new("[TCPClientTunnel]", [BindAddress, Target], (services, section) => services.AddForward(section, "TCP")),
        new("[UDPProxyTunnel]", [BindAddress, Target, Timeout], (services, section) => services.AddDatagrams(section)),
        new("[TCPServerTunnel]", [ListenPort, Target], (services, section) => services.AddRemote(section)),
        Stdio,
        new(
            "[Socks5]",
            [BindAddress, Username, Password],
            (services, section) => services.AddProxy(section, ProxyKind.Socks5Alone)),
        new(
            "[http]",
            [BindAddress, Username, Password, CertFile, KeyFile],
            (services, section) => services.AddHttp(section)),
        Resolve,
        Refused(
            "[SNI]",
            "there is no proxy for TLS by its server name: use [http] or [Socks5], or a [TCPClientTunnel] for each server"),
        Refused(
            "[PAC]",
            "no proxy auto-configuration is served: give the browser the file another way, or the proxy's own address"),
    ];

    /// <summary>Why onetun cannot do what it asks for, and what to do; null where it can. It may have any key.</summary>
    public string? Refusal { get; private init; }

    /// <summary>Whether it asks for something to be opened.</summary>
    public bool IsService => this != Resolve;

    /// <summary>The one of a name in brackets; null if there is none.</summary>
    public static WireproxyKind? Find(string name) =>
        All.FirstOrDefault(kind => kind.Name.Equals(name, StringComparison.OrdinalIgnoreCase));

    private static WireproxyKind Refused(string name, string refusal) =>
        new(name, [], (services, section) => services.Refuse(section)) { Refusal = refusal };
}
