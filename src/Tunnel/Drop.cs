using Onetun.Capture;

namespace Onetun.Tunnel;

/// <summary>Where something was dropped.</summary>
public enum DropLayer
{
    /// <summary>The UDP socket.</summary>
    Socket,

    /// <summary>WireGuard: what is no message of a peer, and what no peer may send or be sent.</summary>
    WireGuard,

    /// <summary>IP, inside the tunnel.</summary>
    Ip,

    /// <summary>TCP, inside the tunnel.</summary>
    Tcp,

    /// <summary>UDP, inside the tunnel.</summary>
    Udp,
}

/// <summary>What was dropped somewhere for one reason since the tunnel started.</summary>
/// <param name="Layer">Where.</param>
/// <param name="Direction">On its way in or out.</param>
/// <param name="Reason">Why, in snake case: <c>replayed_packet</c>.</param>
/// <param name="Count">Datagrams or packets; 0 if none was.</param>
public readonly record struct Drop(DropLayer Layer, PacketDirection Direction, string Reason, long Count);
