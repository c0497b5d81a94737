using Onetun.Capture;

namespace Onetun.Tunnel;

/// <summary>The layer of a tunnel that dropped something.</summary>
public enum DropLayer
{
    /// <summary>The UDP socket.</summary>
    Socket,

    /// <summary>WireGuard: what is not a valid message of a peer, or what no peer may send or be sent.</summary>
    WireGuard,

    /// <summary>IP, inside the tunnel.</summary>
    Ip,

    /// <summary>TCP, inside the tunnel.</summary>
    Tcp,

    /// <summary>UDP, inside the tunnel.</summary>
    Udp,
}

/// <summary>What a layer has dropped for one reason since the tunnel started.</summary>
/// <param name="Layer">Where it was dropped.</param>
/// <param name="Direction">Whether it was on its way in or out.</param>
/// <param name="Reason">Why, in snake case, such as <c>replayed_packet</c>.</param>
/// <param name="Count">Datagrams or packets; 0 if there were none.</param>
public readonly record struct Drop(DropLayer Layer, PacketDirection Direction, string Reason, long Count);
