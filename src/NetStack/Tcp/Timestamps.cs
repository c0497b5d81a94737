namespace Onetun.NetStack;

/// <summary>Timestamps (RFC 7323 §3 to §5): whether both sides use them, what ours say, and the peer's newest to echo.</summary>
/// <param name="offered">We offer them.</param>
/// <param name="offset">What ours are ahead of the clock, so that they do not tell how long we have been up (§5.4).</param>
internal struct Timestamps(bool offered, uint offset)
{
    /// <summary>§5.5: TS.Recent is not compared after 24 days.</summary>
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(24);

    private TimeSpan _recentAt;

    /// <summary>We offer them, and no SYN of the peer came without.</summary>
    public bool AreUsed { get; private set; } = offered;

    /// <summary>TS.Recent.</summary>
    public uint Recent { get; private set; }

    /// <summary>What they take from every segment, bytes.</summary>
    public readonly int Length => AreUsed ? TcpHeaderOptions.TimestampLength : 0;

    /// <summary>TSval of what is sent now.</summary>
    public readonly uint Value(TimeSpan now) => (uint)(now.Ticks / TimeSpan.TicksPerMillisecond) + offset;

    /// <summary>Writes the option.</summary>
    /// <returns>Its length; 0 where there is none.</returns>
    public readonly int Write(TimeSpan now, Span<byte> options) =>
        AreUsed ? TcpOptionWriter.WriteTimestamp(options, Value(now), Recent) : 0;

    /// <summary>The peer's SYN: they are used both ways, or neither (§3.2).</summary>
    public void OnSyn(TimeSpan now, in TcpHeaderOptions options)
    {
        AreUsed &= options.HasTimestamp;
        if (AreUsed)
        {
            (Recent, _recentAt) = (options.TimestampValue, now);
        }
    }

    /// <summary>A segment that begins no later than our last ACK ended (§4.3 (2)): what waits longer is echoed.</summary>
    public void Take(TimeSpan now, in TcpHeaderOptions options)
    {
        if (AreUsed && options.HasTimestamp && !IsOlder(now, options, by: 0))
        {
            (Recent, _recentAt) = (options.TimestampValue, now);
        }
    }

    /// <summary>§5.2: whether a segment was sent before the newest, by more than so many milliseconds.</summary>
    public readonly bool IsOlder(TimeSpan now, in TcpHeaderOptions options, double by) =>
        AreUsed && options.HasTimestamp && (int)(Recent - options.TimestampValue) > by && now - _recentAt < Lifetime;

    /// <summary>Whether a SYN was sent after the newest segment (RFC 6191 §2).</summary>
    public readonly bool IsNewer(in TcpHeaderOptions syn) =>
        AreUsed && syn.HasTimestamp && (int)(syn.TimestampValue - Recent) > 0;

    /// <summary>How old what a segment echoes is: a round trip, and what the peer waited before it sent.</summary>
    public readonly bool TryEchoAge(TimeSpan now, in TcpHeaderOptions options, out TimeSpan age)
    {
        age = TimeSpan.FromMilliseconds((long)Math.Clamp(Value(now) - options.TimestampEcho, 1, 60_000));
        return AreUsed && options.HasTimestamp && options.TimestampEcho != 0;
    }
}
