namespace Onetun.Capture;

/// <summary>Which way a tapped packet goes, seen from this peer.</summary>
public enum PacketDirection
{
    /// <summary>Came out of the tunnel: opened, and its source allowed.</summary>
    Inbound,

    /// <summary>About to be sealed and sent.</summary>
    Outbound,
}

/// <summary>
/// Sees every inner IP packet that passes a tunnel. It is called on the data path, under the tunnel's lock: it copies
/// what it wants to keep, never blocks, never throws, and counts what it has to drop.
/// </summary>
public interface IPacketTap
{
    /// <summary>A packet passes.</summary>
    /// <param name="timestamp">Wall clock, UTC.</param>
    /// <param name="direction">Which way it goes.</param>
    /// <param name="packet">The whole IPv4 or IPv6 packet; valid only during the call.</param>
    void OnPacket(DateTime timestamp, PacketDirection direction, ReadOnlySpan<byte> packet);
}
