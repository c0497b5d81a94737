namespace Onetun.NetStack;

/// <summary>The probe for a tail loss (RFC 8985 §7), one at a time.</summary>
internal struct TailLossProbe()
{
    /// <summary>RFC 8985 §7.2: the longest delay of a peer's ACK.</summary>
    private static readonly TimeSpan MaxAckDelay = TimeSpan.FromMilliseconds(40);

    /// <summary>
    /// As in the first drafts of TLP: a shorter delay would only race the ACK, and wake the timer for every flight.
    /// </summary>
    private static readonly TimeSpan MinDelay = TimeSpan.FromMilliseconds(10);

    private long _end = -1; // TLP.end_seq
    private bool _retransmitted; // TLP.is_retrans

    /// <summary>It is due and not yet sent.</summary>
    public bool IsPending { get; set; }

    /// <summary>It was sent and not yet answered.</summary>
    public readonly bool IsOut => _end >= 0;

    /// <summary>PTO (§7.2).</summary>
    public static TimeSpan Delay(in RttEstimator rtt, bool single)
    {
        var delay = rtt.Smoothed + rtt.Smoothed + (single ? MaxAckDelay : TimeSpan.Zero);
        return delay < MinDelay ? MinDelay : delay;
    }

    public void OnSent(long end, bool retransmitted) => (_end, _retransmitted, IsPending) = (end, retransmitted, false);

    public void Cancel() => (_end, IsPending) = (-1, false);

    /// <summary>An ACK arrived (§7.4).</summary>
    /// <returns>Whether the probe repaired a loss, to which congestion control has yet to respond.</returns>
    public bool OnAcknowledged(long ack, in AckProgress progress)
    {
        if (_end < 0 || ack < _end)
        {
            return false;
        }

        if (_retransmitted && progress.DuplicateStart is null && ack == _end && !progress.IsDuplicate)
        {
            return false; // The D-SACK that shows the probe to be spurious may still come
        }

        var repaired = _retransmitted && progress.DuplicateStart is null && ack > _end;
        _end = -1;
        return repaired;
    }
}
