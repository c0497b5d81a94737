namespace Onetun.NetStack;

/// <summary>
/// Proportional Rate Reduction (PRR, RFC 9937 §6): reduces the window over the round trip of a recovery, so that each ACK
/// releases its share.
/// </summary>
internal struct ProportionalRate
{
    private long _delivered; // prr_delivered
    private long _sent; // prr_out
    private long _flight; // RecoverFS

    /// <summary>Recovery begins with so much outstanding that is not known to have arrived.</summary>
    public void Begin(long flight) => (_delivered, _sent, _flight) = (0, 0, Math.Max(flight, 1));

    public void OnSent(int length) => _sent += length;

    /// <summary>The window after an ACK.</summary>
    /// <param name="delivered">Bytes it delivered.</param>
    /// <param name="safe">SND.UNA moved and nothing more was found lost.</param>
    /// <param name="pipe">Bytes in the network.</param>
    /// <param name="threshold">ssthresh: where the window is to end.</param>
    /// <param name="segmentSize">SMSS.</param>
    public long OnAcknowledged(long delivered, bool safe, long pipe, long threshold, int segmentSize)
    {
        _delivered += delivered;
        long allowance;
        if (pipe > threshold)
        {
            allowance = (((_delivered * threshold) + _flight - 1) / _flight) - _sent;
        }
        else
        {
            allowance = Math.Max(_delivered - _sent, delivered) + (safe ? segmentSize : 0);
            allowance = Math.Min(allowance, threshold - pipe);
        }

        var least = _sent == 0 ? segmentSize : 0; // the first retransmission always goes
        return pipe + Math.Max(allowance, least);
    }
}
