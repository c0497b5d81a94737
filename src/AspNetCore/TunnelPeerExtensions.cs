using Microsoft.AspNetCore.Authentication;
using Onetun.AspNetCore;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Authentication by who is at the other end of a tunnel.</summary>
public static class TunnelPeerExtensions
{
    /// <summary>
    /// Authenticates requests that came through a network as the peer that they came from, by the scheme
    /// <see cref="TunnelPeerDefaults.AuthenticationScheme"/>: <see cref="System.Security.Claims.ClaimTypes.NameIdentifier"/> is its public key in
    /// base64. A challenge is answered by 403, for there is nothing to log in with.
    /// </summary>
    /// <param name="builder">The application's authentication.</param>
    /// <param name="configure">Names peers, and gives them roles and claims. What it throws ends the start of the host.</param>
    /// <returns>The builder.</returns>
    public static AuthenticationBuilder AddTunnelPeer(this AuthenticationBuilder builder, Action<TunnelPeerOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddOptions<TunnelPeerOptions>(TunnelPeerDefaults.AuthenticationScheme).ValidateOnStart(); // Else each request would fail
        return builder.AddScheme<TunnelPeerOptions, TunnelPeerHandler>(TunnelPeerDefaults.AuthenticationScheme, configure);
    }
}
