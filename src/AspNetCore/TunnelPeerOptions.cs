using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Onetun.WireGuard;

namespace Onetun.AspNetCore;

/// <summary>Who the peers of a network are to an application.</summary>
public sealed class TunnelPeerOptions : AuthenticationSchemeOptions
{
    private readonly Dictionary<PublicKey, Claim[]> _peers = [];

    /// <summary>
    /// Whether only peers that <see cref="AddPeer"/> has named are authenticated. Default false: WireGuard lets in nobody but peers, and one
    /// without a name is known by its key.
    /// </summary>
    public bool NamedPeersOnly { get; set; }

    /// <summary>Finds further claims of a peer, such as roles, for each request. Default null: there are none.</summary>
    public Func<PublicKey, IEnumerable<Claim>>? FindClaims { get; set; }

    /// <summary>Gives a peer a name and roles.</summary>
    /// <param name="publicKey">The peer's key.</param>
    /// <param name="name">Its name, <see cref="ClaimTypes.Name"/>.</param>
    /// <param name="roles">Its roles, <see cref="ClaimTypes.Role"/>.</param>
    /// <exception cref="ArgumentException">The peer has a name already.</exception>
    public void AddPeer(PublicKey publicKey, string name, params IEnumerable<string> roles)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(roles);
        _peers.Add(publicKey, [new Claim(ClaimTypes.Name, name), .. roles.Select(role => new Claim(ClaimTypes.Role, role))]);
    }

    /// <summary>Null for one that is not authenticated.</summary>
    internal IEnumerable<Claim>? ClaimsOf(PublicKey peer)
    {
        var isNamed = _peers.TryGetValue(peer, out var claims);
        return NamedPeersOnly && !isNamed
            ? null
            : [new Claim(ClaimTypes.NameIdentifier, peer.ToString()), .. claims ?? [], .. FindClaims?.Invoke(peer) ?? []];
    }
}
