using System.Net;
using Onetun.Forwarder.Common;

namespace Onetun.Forwarder.Configuration;

/// <summary>What listens besides the forwards.</summary>
internal sealed record ServiceConfiguration
{
    /// <summary>For both protocols, told apart by the first byte of a client.</summary>
    public IPEndPoint? Proxy { get; init; }

    public IPEndPoint? Socks5 { get; init; }

    public IPEndPoint? HttpProxy { get; init; }

    public ProxyCredentials? ProxyUser { get; init; }

    public IPEndPoint? Metrics { get; init; }

    /// <summary>The path of a socket where other processes of this user that have our key get their connections; null is none.</summary>
    public string? Gate { get; init; }
}
