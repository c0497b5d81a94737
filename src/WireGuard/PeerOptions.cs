using System.Net;

namespace Onetun.WireGuard;

/// <summary>A peer to be added.</summary>
public sealed record PeerOptions
{
    /// <summary>Its static key.</summary>
    public required PublicKey PublicKey { get; init; }

    /// <summary>Mixed into the handshakes, if any. Copied.</summary>
    public PresharedKey? PresharedKey { get; init; }

    /// <summary>Where it is. Without one we wait until it speaks.</summary>
    public UdpEndPoint EndPoint { get; init; }

    /// <summary>The prefixes routed to it and accepted from it. One that another peer has is taken from that.</summary>
    public IReadOnlyList<IPNetwork> AllowedIPs { get; init; } = [];

    /// <summary>After how long something is sent if nothing else was: up to 65,535 s. Zero, the default, is off.</summary>
    public TimeSpan PersistentKeepalive { get; init; }

    internal static void ValidateKeepalive(TimeSpan interval)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(interval, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(interval, TimeSpan.FromSeconds(ushort.MaxValue));
    }
}
