namespace Onetun.NetStack;

/// <summary>
/// Detects spurious timeouts with a peer without SACK (F-RTO, RFC 5682 §2.1): the first ACK that advances is answered with new
/// data instead of retransmissions, and if the second advances too, the original segments are arriving. One ACK alone proves
/// nothing: the retransmission may have filled the gap before segments that had already arrived.
/// </summary>
internal struct ForwardRtoRecovery()
{
    private long _retransmissionEnd = -1;
    private bool _isHalfway;

    /// <summary>The timer expired, and the head is retransmitted up to the given position.</summary>
    public static ForwardRtoRecovery Begin(long retransmissionEnd) => new() { _retransmissionEnd = retransmissionEnd };

    /// <summary>Step 2b: new data is to be sent, if there is any.</summary>
    public readonly bool SendsNewData => _isHalfway;

    /// <summary>Step 3b: whether the ACK shows that the timeout was spurious.</summary>
    public bool IsSpurious(in AckProgress progress, long una, long recoveryPoint)
    {
        if (_retransmissionEnd < 0)
        {
            return false;
        }

        if (progress.Acknowledged == 0)
        {
            if (progress.IsDuplicate)
            {
                this = new ForwardRtoRecovery(); // Steps 2a and 3a
            }

            return false;
        }

        if (_isHalfway)
        {
            return true;
        }

        this = una > _retransmissionEnd && una < recoveryPoint ? this with { _isHalfway = true } : new ForwardRtoRecovery();
        return false;
    }

    /// <summary>Any other segment was retransmitted, as there was no new data: further ACKs may be of retransmissions.</summary>
    public void OnRetransmitted(long end)
    {
        if (end != _retransmissionEnd)
        {
            this = new ForwardRtoRecovery();
        }
    }
}
