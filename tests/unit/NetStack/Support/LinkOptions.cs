namespace Onetun.NetStack.Tests;

/// <summary>One direction of a path.</summary>
internal sealed record LinkOptions
{
    /// <summary>Bits a second; 0 is infinite.</summary>
    public double Rate { get; init; }

    public TimeSpan Delay { get; init; } = TimeSpan.FromMilliseconds(10);

    /// <summary>Bytes that may wait for the link; what comes then is dropped.</summary>
    public int QueueLimit { get; init; } = int.MaxValue;

    /// <summary>Bytes that wait from which on a packet that may be is marked (RFC 3168 §5), not dropped.</summary>
    public int MarkLimit { get; init; } = int.MaxValue;

    /// <summary>The longest packet it takes, bytes; what is longer vanishes without a word.</summary>
    public int Mtu { get; init; } = int.MaxValue;

    /// <summary>Decides about packets by what is in them, besides chance.</summary>
    public Func<byte[], bool>? Swallows { get; init; }

    /// <summary>Chances of each packet, 0 to 1.</summary>
    public double Loss { get; init; }

    /// <inheritdoc cref="Loss"/>
    public double Duplication { get; init; }

    /// <inheritdoc cref="Loss"/>
    public double Corruption { get; init; }

    /// <inheritdoc cref="Loss"/>
    public double Reordering { get; init; }

    /// <summary>How much longer a reordered packet may take.</summary>
    public TimeSpan ReorderingDelay { get; init; } = TimeSpan.FromMilliseconds(5);

    /// <summary>Packets are handed over only at multiples of this, as by a busy host; 0 is at once.</summary>
    public TimeSpan Batching { get; init; }

    /// <summary>Decides about packets by their number, from 0, besides chance.</summary>
    public Func<long, bool>? Drop { get; init; }
}
