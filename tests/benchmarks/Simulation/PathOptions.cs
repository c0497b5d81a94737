namespace Onetun.Benchmarks.Simulation;

/// <summary>A path with one bottleneck.</summary>
/// <param name="Rtt">Round trip without queues.</param>
/// <param name="Rate">Of the bottleneck, bits a second.</param>
/// <param name="Loss">Chance of each packet of data, 0 to 1.</param>
/// <param name="Reordering">Chance of each packet of data to be late by up to <see cref="Lateness"/>.</param>
/// <param name="Queue">Of the bottleneck, in bandwidth-delay products; never under 64 full packets.</param>
internal sealed record PathOptions(TimeSpan Rtt, double Rate, double Loss = 0, double Reordering = 0, double Queue = 1)
{
    private const int MinQueue = 64 * 1420;

    /// <summary>Chance of each packet of data to arrive twice, one copy behind the other.</summary>
    public double Duplication { get; init; }

    /// <summary>Chance of each packet of the way back to be lost.</summary>
    public double AckLoss { get; init; }

    /// <summary>Largest packet, bytes, as both ends know.</summary>
    public int Mtu { get; init; } = 1420;

    /// <summary>What the queue of the bottleneck holds, bytes.</summary>
    public long QueueLimit { get; init; } = Math.Max((long)(Queue * Rate / 8 * Rtt.TotalSeconds), MinQueue);

    /// <summary>An eighth of the round trip, at most 10 ms: what parallel links and radio retransmissions do.</summary>
    public TimeSpan Lateness => TimeSpan.FromMilliseconds(Math.Min(Rtt.TotalMilliseconds / 8, 10));

    /// <summary>The way of the ACKs.</summary>
    public PathOptions Back => this with { Loss = AckLoss, Reordering = 0, Duplication = 0 };
}
