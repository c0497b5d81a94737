namespace Onetun.NetStack;

/// <summary>When data that arrives in order is acknowledged (RFC 9293 §3.8.6.3, RFC 5681 §4.2).</summary>
/// <param name="Delay">The longest delay of an ACK; RFC 9293 allows up to 500 ms.</param>
/// <param name="Every">The number of full-sized segments that draw an immediate ACK.</param>
/// <param name="Quick">The number of initial full-sized segments that draw an ACK each, while the peer is in slow start.</param>
internal sealed record AckPolicy(TimeSpan Delay, int Every, int Quick)
{
    /// <summary>The default: 40 ms is Linux's minimum, and RFC 5681 asks for an ACK for every second segment.</summary>
    public static AckPolicy Default { get; } = new(TimeSpan.FromMilliseconds(40), Every: 2, Quick: 16);
}
