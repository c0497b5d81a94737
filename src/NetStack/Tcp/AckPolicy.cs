namespace Onetun.NetStack;

/// <summary>When what has come in order is acknowledged (RFC 9293 §3.8.6.3, RFC 5681 §4.2).</summary>
/// <param name="Delay">The longest that an ACK is held back; RFC 9293 allows 500 ms.</param>
/// <param name="Every">Full-sized segments that draw an ACK at once.</param>
/// <param name="Quick">The first full-sized segments that draw one each, while the sender's window still opens.</param>
internal sealed record AckPolicy(TimeSpan Delay, int Every, int Quick)
{
    /// <summary>40 ms is Linux's minimum, and every second segment what RFC 5681 asks for.</summary>
    public static AckPolicy Default { get; } = new(TimeSpan.FromMilliseconds(40), Every: 2, Quick: 16);
}
