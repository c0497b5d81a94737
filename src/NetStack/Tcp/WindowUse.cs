namespace Onetun.NetStack;

/// <summary>
/// Whether the congestion window is what limits sending: only then it may grow (RFC 9438 §5.8). One look does not tell, since a
/// flight that is paced, or ACKs that are taken together before anything is sent, leave room at times: the window counts as
/// used for the round trip after it was full (Linux: tcp_cwnd_validate).
/// </summary>
internal struct WindowUse
{
    private bool _wasFull;
    private long _most; // In flight at once, if it was not full
    private long _end; // SND.NXT then

    /// <summary>Takes a look, before an ACK is processed.</summary>
    /// <param name="flight">Bytes in flight.</param>
    /// <param name="window">cwnd.</param>
    /// <param name="segmentSize">SMSS.</param>
    /// <param name="una">SND.UNA.</param>
    /// <param name="next">SND.NXT.</param>
    public void Look(long flight, long window, int segmentSize, long una, long next)
    {
        var isFull = flight + segmentSize > window;
        if (isFull || una >= _end || (!_wasFull && flight > _most))
        {
            (_wasFull, _most, _end) = (isFull, flight, next);
        }
    }

    /// <summary>
    /// Whether the window is the limit. In slow start half of it is enough, for the window doubles in the round trip in which it is
    /// filled.
    /// </summary>
    public readonly bool IsLimit(long window, long threshold) => _wasFull || (window < threshold && 2 * _most >= window);
}
