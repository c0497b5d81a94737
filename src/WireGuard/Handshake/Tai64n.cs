using System.Buffers.Binary;

namespace Onetun.WireGuard;

/// <summary>A TAI64N timestamp, 12 bytes big-endian, so that the order of the bytes is the order of the times.</summary>
internal readonly record struct Tai64n(ulong Seconds, uint Nanoseconds) : IComparable<Tai64n>
{
    public const int Size = 12;

    /// <summary>2^62 and the ten seconds that TAI was ahead in 1970.</summary>
    private const ulong UnixEpoch = 0x4000_0000_0000_000a;

    /// <summary>
    /// The clock is shown in steps of 2^24 ns (16.8 ms), the power of two below the spacing of initiations, so that it
    /// cannot be read off our handshakes.
    /// </summary>
    private const uint Step = 1 << 24;
    private const uint NanosecondsPerSecond = 1_000_000_000;

    /// <summary>
    /// The timestamp for an initiation: later than the last one, even if the clock was set back or has not ticked. That is all a
    /// receiver asks for.
    /// </summary>
    public static Tai64n After(in Tai64n last, DateTime utcNow)
    {
        var now = From(utcNow);
        return now.CompareTo(last) > 0 ? now : last.Next();
    }

    /// <summary>A time, rounded down to a step.</summary>
    public static Tai64n From(DateTime utc)
    {
        var ticks = utc.Ticks - DateTime.UnixEpoch.Ticks;
        (var seconds, var rest) = Math.DivRem(ticks, TimeSpan.TicksPerSecond);
        if (rest < 0)
        {
            seconds--;
            rest += TimeSpan.TicksPerSecond;
        }

        return From(seconds, (uint)(rest * TimeSpan.NanosecondsPerTick));
    }

    /// <summary>A time, rounded down to a step.</summary>
    public static Tai64n From(long unixSeconds, uint nanoseconds) =>
        new(UnixEpoch + (ulong)unixSeconds, nanoseconds & ~(Step - 1));

    public static Tai64n Read(ReadOnlySpan<byte> bytes) =>
        new(BinaryPrimitives.ReadUInt64BigEndian(bytes), BinaryPrimitives.ReadUInt32BigEndian(bytes[8..]));

    public void Write(Span<byte> bytes)
    {
        BinaryPrimitives.WriteUInt64BigEndian(bytes, Seconds);
        BinaryPrimitives.WriteUInt32BigEndian(bytes[8..], Nanoseconds);
    }

    public int CompareTo(Tai64n other)
    {
        var bySeconds = Seconds.CompareTo(other.Seconds);
        return bySeconds != 0 ? bySeconds : Nanoseconds.CompareTo(other.Nanoseconds);
    }

    private Tai64n Next() => Nanoseconds + Step < NanosecondsPerSecond
        ? new Tai64n(Seconds, Nanoseconds + Step)
        : new Tai64n(Seconds + 1, 0);
}
