namespace Onetun.WireGuard;

/// <summary>What became of a packet given to <see cref="Device.Send"/>. The device counts each of them.</summary>
public enum SendOutcome
{
    /// <summary>Encrypted: the slot holds the datagram.</summary>
    Sealed,

    /// <summary>Copied: it waits for a session, or behind packets that do.</summary>
    Staged,

    /// <summary>Dropped: its destination is among no peer's allowed IPs.</summary>
    NoRoute,

    /// <summary>Dropped: its peer has no configured endpoint, and has not been heard from yet.</summary>
    PeerUnheard,

    /// <summary>Dropped: it is not an IP packet.</summary>
    Malformed,

    /// <summary>Dropped: it is longer than <see cref="Device.Mtu"/>.</summary>
    TooBig,

    /// <summary>Dropped: it ran into a fault in the device's own code (<see cref="Device.TryTakeFault"/>).</summary>
    Fault,
}
