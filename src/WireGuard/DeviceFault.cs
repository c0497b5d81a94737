namespace Onetun.WireGuard;

/// <summary>
/// A fault in the device's own code. It has cost the peer it struck its sessions, which the next packet begins anew, or the
/// datagram, which is dropped; the other peers go on.
/// </summary>
/// <param name="Where">What was struck; never a secret.</param>
/// <param name="Exception">What was thrown.</param>
public sealed record DeviceFault(string Where, Exception Exception);
