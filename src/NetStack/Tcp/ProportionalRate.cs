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

    /// <summary>Recovery begins, with a number of bytes outstanding and not SACKed (RecoverFS).</summary>
    public void Begin(long flight) => (_delivered, _sent, _flight) = (0, 0, Math.Max(flight, 1));

    public void OnSent(int length) => _sent += length;

    /// <summary>The window after an ACK.</summary>
    /// <param name="delivered">Bytes that it newly delivered.</param>
    /// <param name="safe">SND.UNA advanced and no more losses were detected (SafeACK).</param>
    /// <param name="pipe">Bytes in flight.</param>
    /// <param name="threshold">ssthresh, the window after the recovery.</param>
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

        var least = _sent == 0 ? segmentSize : 0; // The first retransmission is always sent
        return pipe + Math.Max(allowance, least);
    }
}
