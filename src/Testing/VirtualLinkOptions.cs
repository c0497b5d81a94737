using Onetun.NetStack;

namespace Onetun.Testing;

/// <summary>
/// What a link does to packets, in one direction. The default is a perfect one: nothing is lost, and nothing takes time. A value out of
/// range throws <see cref="ArgumentOutOfRangeException"/> where it is set.
/// </summary>
/// <example>
/// A bad mobile network: <c>new VirtualLinkOptions { Delay = TimeSpan.FromMilliseconds(80), Loss = 0.02, BitsPerSecond = 2_000_000 }</c>.
/// </example>
public sealed record VirtualLinkOptions
{
    /// <summary>The chance of each packet to be lost: 0, the default, to 1.</summary>
    public double Loss
    {
        get;
        init => field = OptionRange.Between(0.0, 1.0, value);
    }

    /// <summary>The chance of each packet to arrive twice: 0, the default, to 1.</summary>
    public double Duplication
    {
        get;
        init => field = OptionRange.Between(0.0, 1.0, value);
    }

    /// <summary>
    /// How long a packet is under way, one way, so that a round trip takes this of both directions. Not negative, at most an hour. Default zero.
    /// </summary>
    public TimeSpan Delay
    {
        get;
        init => field = OptionRange.Between(TimeSpan.Zero, TimeSpan.FromHours(1), value);
    }

    /// <summary>
    /// The most by which a packet is later than <see cref="Delay"/>, by chance, evenly. Not negative, at most an hour. Default zero.
    /// </summary>
    public TimeSpan Jitter
    {
        get;
        init => field = OptionRange.Between(TimeSpan.Zero, TimeSpan.FromHours(1), value);
    }

    /// <summary>
    /// Whether <see cref="Jitter"/> lets packets overtake each other. Default false: one that is late holds up those behind it.
    /// </summary>
    public bool Reordering { get; init; }

    /// <summary>What it carries, bits of IP packets a second, at least 1; null, the default, is without limit.</summary>
    public long? BitsPerSecond
    {
        get;
        init => field = value is { } rate ? OptionRange.AtLeast(1, rate) : null;
    }

    /// <summary>
    /// The most that waits for its turn where <see cref="BitsPerSecond"/> is limited, bytes, not negative; what comes then is dropped. Default
    /// 256 KiB. A packet that need not wait is always taken.
    /// </summary>
    public int QueueLimit
    {
        get;
        init => field = OptionRange.AtLeast(0, value);
    } = 256 * 1024;
}
