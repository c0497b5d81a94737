namespace Onetun.Tunnel;

/// <summary>
/// A fault in Onetun's own code, or in a tap. It ended one connection, one peer's sessions, one packet or the tap; the
/// tunnel goes on.
/// </summary>
/// <param name="Where">What was struck, and the state it was in; neither payload nor keys.</param>
/// <param name="Exception">What was thrown.</param>
public sealed record TunnelFault(string Where, Exception Exception);
