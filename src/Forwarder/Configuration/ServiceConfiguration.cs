using System.Net;
using Onetun.Forwarder.Proxies;

namespace Onetun.Forwarder.Configuration;

/// <summary>What listens besides the forwards.</summary>
internal sealed record ServiceConfiguration
{
    public IPEndPoint? Socks5 { get; init; }

    public IPEndPoint? HttpProxy { get; init; }

    public ProxyCredentials? ProxyUser { get; init; }

    public IPEndPoint? Metrics { get; init; }
}
