namespace Onetun.NetStack;

/// <summary>Received data beyond a gap: from <paramref name="Left"/> up to, not including, <paramref name="Right"/>.</summary>
internal readonly record struct SackBlock(uint Left, uint Right);
