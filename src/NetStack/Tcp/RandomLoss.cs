namespace Onetun.NetStack;

/// <summary>
/// Tells what the path loses by chance from congestion, for a congestion control that responds only to the latter: before a queue
/// overflows it is full, and the segments behind the lost one have waited in it.
/// </summary>
/// <remarks>
/// Beside Linux's CUBIC, over 300 Mbit/s, 100 ms and a queue of 3 ms, a flow that takes every wait of up to 3 ms for none has 38
/// times its share, and one that compares it with the longest wait of late the same. A policer drops without a queue: what is lost
/// beyond a two-hundredth in a round trip is congestion as well, but a CUBIC behind the same policer gets less than its share.
/// </remarks>
internal struct RandomLoss
{
    private const int Share = 200; // One in so many may be lost by chance

    private long _lostBefore; // Bytes of the connection lost before this round trip
    private long _roundEnd;

    /// <summary>An ACK arrived, before it is looked for losses.</summary>
    public void OnAcknowledged(long una, long next, long lost)
    {
        if (una >= _roundEnd)
        {
            (_roundEnd, _lostBefore) = (next, lost);
        }
    }

    /// <summary>Whether chance explains what was lost.</summary>
    /// <param name="lost">Bytes of the connection that were lost.</param>
    /// <param name="outstanding">Bytes between SND.UNA and SND.NXT.</param>
    /// <param name="segmentSize">SMSS.</param>
    /// <param name="rtt">The estimate, with the samples of segments sent after the lost ones.</param>
    public readonly bool Explains(long lost, long outstanding, int segmentSize, in RttEstimator rtt) =>
        !rtt.IsQueueing && lost - _lostBefore <= Math.Max(segmentSize, outstanding / Share);
}
