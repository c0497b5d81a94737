using System.Net;
using Onetun.NetStack;
using Onetun.Tunnel;
using Onetun.WireGuard;

namespace Onetun.Testing;

/// <summary>What the tunnels of a <see cref="WireGuardPair"/> are made of. The defaults do for most tests.</summary>
public sealed record WireGuardPairOptions
{
    /// <summary>The addresses of the first, at least one. Default 10.7.0.1 and fd07::1.</summary>
    public IReadOnlyList<InterfaceAddress> FirstAddresses { get; init; } = [IPAddress.Parse("10.7.0.1"), IPAddress.Parse("fd07::1")];

    /// <summary>The addresses of the second, at least one. Default 10.7.0.2 and fd07::2.</summary>
    public IReadOnlyList<InterfaceAddress> SecondAddresses { get; init; } = [IPAddress.Parse("10.7.0.2"), IPAddress.Parse("fd07::2")];

    /// <summary>The static key of the first, not disposed. Default null: a new one, which ends with the pair.</summary>
    public PrivateKey? FirstKey { get; init; }

    /// <summary>The static key of the second, not disposed. Default null: a new one, which ends with the pair.</summary>
    public PrivateKey? SecondKey { get; init; }

    /// <summary>The preshared key of both, not disposed. Default null: none.</summary>
    public PresharedKey? PresharedKey { get; init; }

    /// <summary>
    /// Changes whatever else the tunnels are made of, as in <c>options => options with { Mtu = 1280 }</c>; called once for each. Default null:
    /// nothing. Peers, keys and addresses have to stay.
    /// </summary>
    public Func<TunnelOptions, TunnelOptions>? Configure { get; init; }
}
