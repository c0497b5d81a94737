namespace Onetun.NetStack;

/// <summary>The send window: what the peer offers (RFC 9293 §3.3.1).</summary>
internal struct SendWindow()
{
    private long _position; // SND.WL1
    private long _ack; // SND.WL2
    private long _largest; // MAX.SND.WND

    /// <summary>SND.WND, in bytes.</summary>
    public long Size { get; private set; }

    /// <summary>The unit of the peer's window field, in bytes: 2 to the power of its scale (RFC 7323 §2.3).</summary>
    public int Unit { get; set; } = 1;

    /// <summary>How far below SND.UNA an ACK is still acceptable, in bytes (RFC 5961 §5).</summary>
    public readonly long Reach => Math.Max(_largest, 65535);

    /// <summary>
    /// RFC 9293 §3.10.7.4, fifth step: the newest segment updates SND.WND. By the letter that is the one with the highest
    /// sequence number, which a retransmission never has, though its ACK may be the newest: SND.UNA would advance, and the old
    /// window with it, beyond what the peer offers. So a segment that advances SND.UNA is the newest too, as in Linux.
    /// </summary>
    /// <param name="position">SEG.SEQ.</param>
    /// <param name="ack">SEG.ACK.</param>
    /// <param name="size">SEG.WND, in bytes.</param>
    /// <param name="una">SND.UNA before the segment.</param>
    /// <returns>Whether the size changed, so that the ACK is no duplicate (RFC 5681 §2).</returns>
    public bool Update(long position, long ack, long size, long una)
    {
        if (ack <= una && (position < _position || (position == _position && ack < _ack)))
        {
            return false;
        }

        var changed = size != Size;
        (_position, _ack, Size) = (Math.Max(position, _position), ack, size);
        _largest = Math.Max(_largest, size);
        return changed;
    }

    /// <summary>
    /// RFC 9293 §3.8.6.2.1, Fs = 1/2: whether the usable window holds neither the whole segment nor half of the largest window.
    /// </summary>
    public readonly bool IsSilly(long length, long usable) => length > usable && usable < _largest / 2;
}
