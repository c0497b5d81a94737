namespace Onetun.NetStack;

/// <summary>A block of data received out of order (RFC 2018 §3).</summary>
/// <param name="Left">Its first sequence number.</param>
/// <param name="Right">The sequence number after its last one.</param>
internal readonly record struct SackBlock(uint Left, uint Right);
