using System.Net;
using Onetun.Forwarder.Common;
using Onetun.Forwarder.Proxies;

namespace Onetun.Forwarder.Configuration;

/// <summary>A proxy that listens.</summary>
/// <param name="Kind">What it speaks.</param>
/// <param name="EndPoint">Where it listens.</param>
/// <param name="User">Who may use it; null is anyone who reaches it.</param>
internal sealed record ProxyConfiguration(ProxyKind Kind, IPEndPoint EndPoint, ProxyCredentials? User = null)
{
    /// <summary>What it speaks, as people are told.</summary>
    public string Name => Kind.Name;
}
