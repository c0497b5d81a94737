using System.Net;

namespace Onetun.WireGuard;

/// <summary>A peer to be added. A value that it cannot have throws <see cref="ArgumentException"/> where it is set.</summary>
public sealed record PeerOptions
{
    /// <summary>Its static key, not our own; not <c>default</c>.</summary>
    public required PublicKey PublicKey
    {
        get;
        init => field = value.OrRefused(nameof(PublicKey));
    }

    /// <summary>The symmetric key mixed into handshakes (WireGuard §5.2), if any. Copied, and not disposed.</summary>
    public PresharedKey? PresharedKey { get; init; }

    /// <summary>
    /// Where it is: an <see cref="IPEndPoint"/>, or a <see cref="DnsEndPoint"/> for whoever can look names up, who then says where it is by
    /// <see cref="Device.SetEndPoint"/>. Default null, for a peer that will speak first.
    /// </summary>
    /// <exception cref="ArgumentException">The endpoint is of another kind, or has port 0.</exception>
    public EndPoint? EndPoint
    {
        get;
        init
        {
            field = value is null or IPEndPoint { Port: > 0 } or DnsEndPoint { Port: > 0 } ? value : throw new ArgumentException(
                $"{nameof(EndPoint)} is {value}, which is no IP address or name with a port to send to.", nameof(value));
        }
    }

    /// <summary>
    /// The prefixes routed to it and accepted from it; default everything. A prefix that another peer has is taken from that.
    /// </summary>
    public IReadOnlyList<IPNetwork> AllowedIPs
    {
        get;
        init
        {
            ArgumentNullException.ThrowIfNull(value, nameof(AllowedIPs));
            field = value;
        }
    } = [new(IPAddress.Any, 0), new(IPAddress.IPv6Any, 0)];

    /// <summary>After how long without anything sent or received a keepalive is sent, up to 65,535 s. Default zero: off.</summary>
    public TimeSpan PersistentKeepalive
    {
        get;
        init
        {
            ValidateKeepalive(value, nameof(PersistentKeepalive));
            field = value;
        }
    }

    internal static void ValidateKeepalive(TimeSpan interval, string name)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(interval, TimeSpan.Zero, name);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(interval, TimeSpan.FromSeconds(ushort.MaxValue), name);
    }
}
