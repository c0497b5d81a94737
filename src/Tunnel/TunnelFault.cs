namespace Onetun.Tunnel;

/// <summary>
/// A fault in Onetun's own code, or in a tap, that was survived. It ended one connection, one peer's sessions, one packet or the
/// tap; the tunnel goes on.
/// </summary>
/// <param name="Where">What it struck, and the state that was in, in words; neither payload nor keys.</param>
/// <param name="Exception">The exception that was caught.</param>
public sealed record TunnelFault(string Where, Exception Exception);
