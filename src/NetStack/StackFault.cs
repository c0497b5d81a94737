namespace Onetun.NetStack;

/// <summary>
/// A fault in the stack's own code. The connection in which it occurred was reset, or the packet dropped; everything else goes on.
/// </summary>
/// <param name="Where">What failed, and its state; never any payload.</param>
/// <param name="Exception">The exception that was thrown.</param>
public sealed record StackFault(string Where, Exception Exception);
