namespace Onetun.NetStack;

/// <summary>
/// Timestamps (RFC 7323 §3 to §5): whether they are used, the value of ours, and the peer's newest, which is echoed.
/// </summary>
/// <param name="offered">Whether we offer them.</param>
/// <param name="offset">The offset of ours from the clock, so that they do not reveal its value (§5.4).</param>
internal struct Timestamps(bool offered, uint offset)
{
    /// <summary>TS.Recent is not compared after 24 days (§5.5).</summary>
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(24);

    private TimeSpan _recentAt;

    /// <summary>We offer them, and the peer's SYN, once it came, offered them too.</summary>
    public bool AreUsed { get; private set; } = offered;

    /// <summary>TS.Recent.</summary>
    public uint Recent { get; private set; }

    /// <summary>The length of the option in every segment, in bytes; 0 if they are not used.</summary>
    public readonly int Length => AreUsed ? TcpHeaderOptions.TimestampLength : 0;

    /// <summary>TSval of a segment that is sent now.</summary>
    public readonly uint Value(TimeSpan now) => (uint)(now.Ticks / TimeSpan.TicksPerMillisecond) + offset;

    /// <summary>Writes the option.</summary>
    /// <returns>Its length in bytes; 0 if timestamps are not used.</returns>
    public readonly int Write(TimeSpan now, Span<byte> options) =>
        AreUsed ? TcpOptionWriter.WriteTimestamp(options, Value(now), Recent) : 0;

    /// <summary>The peer's SYN arrived: timestamps are used in both directions or in neither (§3.2).</summary>
    public void OnSyn(TimeSpan now, in TcpHeaderOptions options)
    {
        AreUsed &= options.HasTimestamp;
        if (AreUsed)
        {
            (Recent, _recentAt) = (options.TimestampValue, now);
        }
    }

    /// <summary>Updates TS.Recent from a segment that begins at or before Last.ACK.sent (§4.3 (2)).</summary>
    public void Take(TimeSpan now, in TcpHeaderOptions options)
    {
        if (AreUsed && options.HasTimestamp && !IsOlder(now, options, by: 0))
        {
            (Recent, _recentAt) = (options.TimestampValue, now);
        }
    }

    /// <summary>Whether the timestamp of a segment is below TS.Recent by more than a number of milliseconds (§5.2).</summary>
    public readonly bool IsOlder(TimeSpan now, in TcpHeaderOptions options, double by) =>
        AreUsed && options.HasTimestamp && (int)(Recent - options.TimestampValue) > by && now - _recentAt < Lifetime;

    /// <summary>Whether the timestamp of a SYN is above TS.Recent (RFC 6191 §2).</summary>
    public readonly bool IsNewer(in TcpHeaderOptions syn) =>
        AreUsed && syn.HasTimestamp && (int)(syn.TimestampValue - Recent) > 0;

    /// <summary>
    /// The age of the timestamp that a segment echoes: a round trip, and the time the peer waited before it sent.
    /// </summary>
    public readonly bool TryEchoAge(TimeSpan now, in TcpHeaderOptions options, out TimeSpan age)
    {
        age = TimeSpan.FromMilliseconds((long)Math.Clamp(Value(now) - options.TimestampEcho, 1, 60_000));
        return AreUsed && options.HasTimestamp && options.TimestampEcho != 0;
    }
}
