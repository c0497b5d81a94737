namespace Onetun.Capture;

/// <summary>Which way a packet goes, seen from this end of the tunnel.</summary>
public enum PacketDirection
{
    /// <summary>Received from the tunnel: decrypted, and its source address allowed.</summary>
    Inbound,

    /// <summary>About to be encrypted and sent.</summary>
    Outbound,
}

/// <summary>
/// Sees every inner IP packet that passes a tunnel. It is called on the data path, under the tunnel's lock, so one call at a
/// time: it copies what it wants to keep, does not block or call the tunnel, and does not throw. A tap that throws is called no
/// more.
/// </summary>
public interface IPacketTap
{
    /// <summary>Called for each packet.</summary>
    /// <param name="timestamp">When it passed: the wall clock, UTC.</param>
    /// <param name="direction">Which way it goes.</param>
    /// <param name="packet">The whole IPv4 or IPv6 packet, without padding; valid only during the call.</param>
    void OnPacket(DateTime timestamp, PacketDirection direction, ReadOnlySpan<byte> packet);
}
