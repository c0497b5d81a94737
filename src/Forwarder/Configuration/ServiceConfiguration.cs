using System.Net;

namespace Onetun.Forwarder.Configuration;

/// <summary>What listens besides the forwards.</summary>
internal sealed record ServiceConfiguration
{
    public IReadOnlyList<ProxyConfiguration> Proxies { get; init; } = [];

    public IPEndPoint? Metrics { get; init; }

    /// <summary>Names, with dots, by which the metrics may be asked for.</summary>
    public IReadOnlyList<string> MetricsHosts { get; init; } = [];

    /// <summary>
    /// The path of a socket where other processes of this user that have our key get their connections; null if there is none.
    /// </summary>
    public string? Gate { get; init; }
}
