namespace Onetun.WireGuard;

/// <summary>
/// The five one-shot timers of a peer (WireGuard §6, and the Linux implementation's event table), and one that tells of the end of
/// its session.
/// </summary>
internal enum PeerTimer
{
    RetransmitHandshake,
    SendKeepalive,
    NewHandshake,
    ZeroKeys,
    PersistentKeepalive,
    SessionExpiry,
}

/// <summary>
/// A peer's deadlines and the events that move them. Arming or cancelling one is a field write; the schedule hears of it
/// only when the peer's earliest deadline becomes earlier, and otherwise wakes early and looks again.
/// </summary>
internal sealed class PeerTimers(PeerSchedule schedule, Peer peer, Random jitter)
{
    private static readonly TimeSpan Never = TimeSpan.MaxValue;

    private readonly TimeSpan[] _deadlines = [Never, Never, Never, Never, Never, Never];

    /// <summary>When the schedule looks at this peer: never later than its earliest deadline.</summary>
    private readonly PeerSchedule.Entry _wakeup = new(schedule, peer);

    /// <summary>Data came while a keepalive was already pending: it is owed another one.</summary>
    private bool _needsAnotherKeepalive;

    /// <summary>The keepalive that fell due has yet to be sent: sending it does not cancel the one that is owed.</summary>
    private bool _isSendingKeepalive;

    /// <summary>The interval; zero is off.</summary>
    public TimeSpan PersistentKeepalive { get; private set; }

    public bool IsPending(PeerTimer timer) => _deadlines[(int)timer] != Never;

    public TimeSpan Deadline(PeerTimer timer) => _deadlines[(int)timer];

    /// <summary>Takes effect with what is sent or received next; zero turns it off.</summary>
    public void SetPersistentKeepalive(TimeSpan interval) => PersistentKeepalive = interval;

    /// <summary>A packet with payload was sent.</summary>
    public void DataSent(TimeSpan now)
    {
        if (!IsPending(PeerTimer.NewHandshake))
        {
            Arm(PeerTimer.NewHandshake, now + Constants.NewHandshakeAfterSilence + Jitter());
        }
    }

    /// <summary>An authentic packet with payload was received.</summary>
    public void DataReceived(TimeSpan now)
    {
        if (IsPending(PeerTimer.SendKeepalive))
        {
            _needsAnotherKeepalive = true;
        }
        else
        {
            Arm(PeerTimer.SendKeepalive, now + Constants.KeepaliveTimeout);
        }
    }

    /// <summary>Data, a keepalive, an initiation or a response is about to be sent.</summary>
    public void AuthenticatedSent(TimeSpan now)
    {
        if (!_isSendingKeepalive)
        {
            Cancel(PeerTimer.SendKeepalive);
        }

        _isSendingKeepalive = false;
        Traversed(now);
    }

    /// <summary>An authentic packet, initiation or response was received.</summary>
    public void AuthenticatedReceived(TimeSpan now)
    {
        Cancel(PeerTimer.NewHandshake);
        Traversed(now);
    }

    /// <summary>An initiation was sent.</summary>
    public void HandshakeInitiated(TimeSpan now) => RetransmitAt(now + Constants.RekeyTimeout);

    /// <summary>
    /// An initiation may not be sent before this time. Without a deadline for it nothing would try again (as in Linux and
    /// wireguard-go, which stall after simultaneous initiations).
    /// </summary>
    public void HandshakeSuppressed(TimeSpan until)
    {
        if (!IsPending(PeerTimer.RetransmitHandshake))
        {
            RetransmitAt(until);
        }
    }

    /// <summary>The initiation got no response because the peer sent one too.</summary>
    public void HandshakeCrossed(TimeSpan retryAt) => Arm(PeerTimer.RetransmitHandshake, retryAt);

    /// <summary>
    /// We accepted a response, or the first packet on a session that we responded to: it is in use, until this time if none follows.
    /// </summary>
    public void HandshakeComplete(TimeSpan expiry)
    {
        Cancel(PeerTimer.RetransmitHandshake);
        Arm(PeerTimer.SessionExpiry, expiry);
    }

    public void SessionDerived(TimeSpan now) => Arm(PeerTimer.ZeroKeys, now + Constants.ZeroKeysAfter);

    /// <summary>The handshake got no answer in all its retries.</summary>
    public void GaveUp(TimeSpan now)
    {
        Cancel(PeerTimer.SendKeepalive);
        if (!IsPending(PeerTimer.ZeroKeys))
        {
            Arm(PeerTimer.ZeroKeys, now + Constants.ZeroKeysAfter);
        }
    }

    /// <summary>The keepalive that was pending is about to be sent. If data came in the meantime, one more is owed.</summary>
    public void KeepaliveExpired(TimeSpan now)
    {
        if (_needsAnotherKeepalive)
        {
            _needsAnotherKeepalive = false;
            _isSendingKeepalive = true;
            Arm(PeerTimer.SendKeepalive, now + Constants.KeepaliveTimeout);
        }
    }

    /// <summary>
    /// Takes one deadline that has passed. It is cleared first, so that whatever comes of it, this cannot loop forever. With none
    /// left, the schedule looks again at the earliest.
    /// </summary>
    public bool TryTakeExpired(TimeSpan now, out PeerTimer timer)
    {
        for (var i = 0; i < _deadlines.Length; i++)
        {
            if (_deadlines[i] <= now)
            {
                _deadlines[i] = Never;
                timer = (PeerTimer)i;
                return true;
            }
        }

        _wakeup.MoveTo(Earliest());
        timer = default;
        return false;
    }

    public void CancelAll()
    {
        _deadlines.AsSpan().Fill(Never);
        _wakeup.MoveTo(Never);
        _needsAnotherKeepalive = false;
    }

    /// <summary>Cancels everything but the persistent keepalive, if that is on.</summary>
    public void Restart(TimeSpan now)
    {
        CancelAll();
        Traversed(now);
    }

    private void Traversed(TimeSpan now)
    {
        if (PersistentKeepalive > TimeSpan.Zero)
        {
            Arm(PeerTimer.PersistentKeepalive, now + PersistentKeepalive);
        }
    }

    private TimeSpan Earliest()
    {
        var earliest = Never;
        foreach (var deadline in _deadlines)
        {
            earliest = deadline < earliest ? deadline : earliest;
        }

        return earliest;
    }

    private void RetransmitAt(TimeSpan time) => Arm(PeerTimer.RetransmitHandshake, time + Jitter());

    private TimeSpan Jitter() => TimeSpan.FromMilliseconds(jitter.Next(Constants.JitterMilliseconds));

    private void Cancel(PeerTimer timer) => _deadlines[(int)timer] = Never;

    private void Arm(PeerTimer timer, TimeSpan deadline)
    {
        _deadlines[(int)timer] = deadline;
        if (deadline < _wakeup.Time)
        {
            _wakeup.MoveTo(deadline);
        }
    }
}
