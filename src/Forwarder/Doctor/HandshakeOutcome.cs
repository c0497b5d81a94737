using System.Net.Sockets;

namespace Onetun.Forwarder.Doctor;

/// <summary>What came of a handshake.</summary>
internal enum HandshakeEnding
{
    Answered,

    /// <summary>The answer does not decrypt: all but the preshared key is proven by then (WireGuard §5.4.3).</summary>
    PresharedKeysDiffer,

    /// <summary>ICMP port unreachable.</summary>
    Refused,

    /// <summary>The system does not send there.</summary>
    NotSent,

    Silent,
}

/// <summary>What came of a handshake, and on the way.</summary>
/// <param name="Ending">How it ended.</param>
/// <param name="After">How long it took.</param>
/// <param name="WasBusy">The endpoint asked us to prove our address first, as it does under load.</param>
/// <param name="WasForeign">Something came from there that is not WireGuard.</param>
/// <param name="Error">Why it could not be sent.</param>
internal sealed record HandshakeOutcome(
    HandshakeEnding Ending, TimeSpan After, bool WasBusy = false, bool WasForeign = false, SocketError? Error = null);
