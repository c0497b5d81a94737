namespace Onetun.Interop;

/// <summary>A peer that wants a preshared key.</summary>
public sealed class PresharedKeyPeer() : WireGuardPeer(("WITH_PSK", "1"));
