using System.Net;
using Onetun.Forwarder.Common;
using Onetun.Forwarder.Proxies;

namespace Onetun.Forwarder.Configuration;

/// <summary>What listens besides the forwards.</summary>
internal sealed record ServiceConfiguration
{
    public IReadOnlyList<(ProxyKind Kind, IPEndPoint EndPoint)> Proxies { get; init; } = [];

    /// <summary>Who may use the proxies; null is anyone who reaches them.</summary>
    public ProxyCredentials? ProxyUser { get; init; }

    public IPEndPoint? Metrics { get; init; }

    /// <summary>
    /// The path of a socket where other processes of this user that have our key get their connections; null if there is none.
    /// </summary>
    public string? Gate { get; init; }
}
