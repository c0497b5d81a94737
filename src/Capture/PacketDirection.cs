namespace Onetun.Capture;

/// <summary>Which way a packet goes, seen from this end of the tunnel.</summary>
public enum PacketDirection
{
    /// <summary>It was received. An inner packet was decrypted, and its source address is allowed.</summary>
    Inbound,

    /// <summary>It is about to be sent; an inner packet, to be encrypted.</summary>
    Outbound,
}
