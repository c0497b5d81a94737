using Onetun.Forwarder.Common;

namespace Onetun.Forwarder.Proxies;

/// <summary>A proxy that can be asked for: one or more protocols on a port.</summary>
/// <param name="Name">What it speaks, as people are told.</param>
/// <param name="Option">Of the command line, which says where it listens.</param>
/// <param name="Variable">Of the environment.</param>
/// <param name="Description">For the help.</param>
/// <param name="Protocols">Those whose clients it takes, if they have the password where there is one.</param>
internal sealed record ProxyKind(
    string Name, string Option, string Variable, string Description, Func<ProxyCredentials?, IReadOnlyList<IProxyProtocol>> Protocols)
{
    public static readonly ProxyKind Either = new(
        "SOCKS5 and HTTP", "--proxy", "ONETUN_PROXY",
        "A proxy into the tunnel that speaks SOCKS5 and HTTP on one port. The address is 127.0.0.1 unless given.",
        user => [new Socks5(user), new HttpProxy(user)]);

    public static readonly ProxyKind Socks5Alone = new(
        "SOCKS5", "--socks5", "ONETUN_SOCKS5", "A SOCKS5 proxy alone.", user => [new Socks5(user)]);

    public static readonly ProxyKind HttpAlone = new(
        "HTTP", "--http-proxy", "ONETUN_HTTP_PROXY", "An HTTP proxy alone: CONNECT, and plain requests.", user => [new HttpProxy(user)]);

    /// <summary>In the order of the help.</summary>
    public static readonly IReadOnlyList<ProxyKind> All = [Either, Socks5Alone, HttpAlone];
}
