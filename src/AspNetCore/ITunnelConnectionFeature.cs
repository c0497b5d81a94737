using Onetun.Tunnel;
using Onetun.WireGuard;

namespace Onetun.AspNetCore;

/// <summary>
/// Where in a network a connection came from; a feature of connections to a <see cref="TunnelEndPoint"/>, and of their
/// <see cref="Microsoft.AspNetCore.Http.HttpContext.Features"/>.
/// </summary>
public interface ITunnelConnectionFeature
{
    /// <summary>The network.</summary>
    TunnelNetwork Network { get; }

    /// <inheritdoc cref="TunnelConnection.Peer"/>
    PublicKey? Peer { get; }
}
