namespace Onetun.NetStack;

/// <summary>
/// A fault in the stack's own code. It has cost the connection it struck, which is reset, or the packet, which is dropped;
/// the rest goes on.
/// </summary>
/// <param name="Where">What was struck, and the state it was in; never payload.</param>
/// <param name="Exception">What was thrown.</param>
public sealed record StackFault(string Where, Exception Exception);
