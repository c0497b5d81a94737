namespace Onetun.WireGuard;

/// <summary>What became of a packet to be sent.</summary>
public enum SendOutcome
{
    /// <summary>The slot holds the datagram.</summary>
    Sealed,

    /// <summary>Copied: it waits for a session, or behind others that do.</summary>
    Staged,

    /// <summary>Dropped: no peer has its destination among its allowed IPs.</summary>
    NoRoute,

    /// <summary>Dropped: its peer has not been heard of yet and has no configured endpoint.</summary>
    PeerUnheard,

    /// <summary>Dropped: no IP packet.</summary>
    Malformed,

    /// <summary>Dropped: longer than the MTU.</summary>
    TooBig,

    /// <summary>Dropped: it met a fault in this code (<see cref="Device.TryTakeFault"/>).</summary>
    Fault,
}
