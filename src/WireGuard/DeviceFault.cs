namespace Onetun.WireGuard;

/// <summary>
/// A fault in the device's own code. It has cost the peer it struck its sessions, for which the next packet begins a new
/// handshake, or it has cost a datagram; the other peers go on.
/// </summary>
/// <param name="Where">What it struck, such as a peer, in words; never a secret.</param>
/// <param name="Exception">The exception that was caught.</param>
public sealed record DeviceFault(string Where, Exception Exception);
