using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Onetun.AspNetCore;

/// <summary>Authenticates a request as its connection's peer, whose handshake WireGuard has authenticated.</summary>
internal sealed class TunnelPeerHandler(IOptionsMonitor<TunnelPeerOptions> options, ILoggerFactory logger, UrlEncoder encoder)
    : AuthenticationHandler<TunnelPeerOptions>(options, logger, encoder)
{
    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (Context.Features.Get<ITunnelConnectionFeature>()?.Peer is not { } peer)
        {
            return Task.FromResult(AuthenticateResult.NoResult()); // It came by another endpoint
        }

        if (Options.ClaimsOf(peer) is not { } claims)
        {
            return Task.FromResult(AuthenticateResult.Fail($"The peer {peer} has no name here."));
        }

        var principal = new ClaimsPrincipal(new ClaimsIdentity(claims, Scheme.Name));
        return Task.FromResult(AuthenticateResult.Success(new AuthenticationTicket(principal, Scheme.Name)));
    }

    // Whoever is not a peer cannot become one by trying again, which 401 would ask for (RFC 9110 §15.5.2).
    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        Response.StatusCode = StatusCodes.Status403Forbidden;
        return Task.CompletedTask;
    }
}
