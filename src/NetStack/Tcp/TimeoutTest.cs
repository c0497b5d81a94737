namespace Onetun.NetStack;

/// <summary>
/// Finds out whether a timeout was needless for a peer without SACK (F-RTO, RFC 5682 §2.1): the first ACK of new data is answered
/// with new data instead of repairs, and if the second ACK goes on, what was thought lost arrives by itself. One ACK alone says
/// nothing: the repair may have released what came before it.
/// </summary>
internal struct TimeoutTest()
{
    private long _repairEnd = -1;
    private bool _isHalfway;

    /// <summary>The head goes out again, and ends there.</summary>
    public static TimeoutTest Begin(long repairEnd) => new() { _repairEnd = repairEnd };

    /// <summary>Step 2b: what was never sent goes out, if there is something.</summary>
    public readonly bool WantsNew => _isHalfway;

    /// <summary>Step 3b: whether the ACK shows that nothing was lost.</summary>
    public bool IsPassedBy(in AckProgress progress, long una, long recoveryPoint)
    {
        if (_repairEnd < 0)
        {
            return false;
        }

        if (progress.Acknowledged == 0)
        {
            if (progress.IsDuplicate)
            {
                this = new TimeoutTest(); // steps 2a, 3a
            }

            return false;
        }

        if (_isHalfway)
        {
            return true;
        }

        this = una > _repairEnd && una < recoveryPoint ? this with { _isHalfway = true } : new TimeoutTest();
        return false;
    }

    /// <summary>There was nothing new to send: from here on an ACK may be that of a repair.</summary>
    public void OnSentAgain(long end)
    {
        if (end != _repairEnd)
        {
            this = new TimeoutTest();
        }
    }
}
