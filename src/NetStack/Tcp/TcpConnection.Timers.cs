namespace Onetun.NetStack;

/// <summary>The timers: when they are set, and what happens when they expire (RFC 9293 §3.10.8).</summary>
internal sealed partial class TcpConnection
{
    private static readonly TimeSpan IdleAfter = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Those that fall idle within so much are looked at together: 10,000 of them within 2 s woke the driver 900 times.
    /// </summary>
    private static readonly TimeSpan IdleStep = TimeSpan.FromSeconds(1);

    /// <summary>The idle time before the first keepalive.</summary>
    private TimeSpan KeepAliveIdle => State is TcpState.CloseWait or TcpState.FinWait2
        ? TcpTimers.Lesser(Options.KeepAlive, KeepAlive.HalfClosedIdle)
        : Options.KeepAlive;

    /// <summary>A timer may have expired.</summary>
    public void OnTimeout(TimeSpan now)
    {
        WantOutput();
        if (_timers.TryExpire(TcpTimer.Linger, now))
        {
            OnLingerTimeout();
        }

        if (_timers.TryExpire(TcpTimer.KeepAlive, now))
        {
            OnKeepAliveTimeout(now);
        }

        _timers.TryExpire(TcpTimer.Pacing, now); // All that it is for is another request for output

        if (_timers.TryExpire(TcpTimer.DelayedAck, now))
        {
            Receiver.RequestAck();
        }

        if (_timers.TryExpire(TcpTimer.Reordering, now))
        {
            Sender.OnReorderingTimeout(now);
            _timers.Set(TcpTimer.Reordering, Sender.ReorderingDeadline);
        }

        if (_timers.TryExpire(TcpTimer.TailLossProbe, now))
        {
            Sender.OnProbeTimeout(now);
            ArmRetransmission(now); // RFC 8985 §7.3
        }

        if (_timers.TryExpire(TcpTimer.Persist, now))
        {
            OnPersistTimeout(now);
        }

        if (_timers.TryExpire(TcpTimer.Idle, now))
        {
            Sender.Trim();
            Receiver.Buffer.Trim();
        }

        if (_timers.TryExpire(TcpTimer.Retransmission, now))
        {
            OnRetransmissionTimeout(now);
        }
    }

    private void OnLingerTimeout()
    {
        switch (State)
        {
            case TcpState.SynSent or TcpState.SynReceived:
                TimeOut();
                break;
            case TcpState.FinWait1 or TcpState.Closing or TcpState.LastAck:
                Raise(TcpEvents.Lingered);
                break;
            case TcpState.FinWait2 or TcpState.TimeWait:
                Fail(TcpEnd.Graceful);
                break;
        }
    }

    private void OnKeepAliveTimeout(TimeSpan now)
    {
        switch (_keepAlive.OnTimeout(now, KeepAliveIdle, isSending: Sender.HasOutstanding || Sender.HasUnsent, out var next))
        {
            case KeepAlive.Step.GiveUp:
                TimeOut();
                return;
            case KeepAlive.Step.Probe:
                _probeDue = true;
                break;
        }

        _timers.Set(TcpTimer.KeepAlive, next);
    }

    private void OnRetransmissionTimeout(TimeSpan now)
    {
        if (!_retryLimit.TryAgain(now))
        {
            TimeOut();
            return;
        }

        if (State is TcpState.SynSent or TcpState.SynReceived)
        {
            _handshake.OnTimeout();
            Sender.BackOff();
            return;
        }

        if (!Sender.HasOutstanding)
        {
            return;
        }

        _timers.Stop(TcpTimer.TailLossProbe);
        _timers.Stop(TcpTimer.Reordering);
        CheckBlackHole();
        Sender.OnRetransmissionTimeout(now);
        _probeDue = Sender.Window == 0; // A closed window allows no retransmission, but a probe
        ArmRetransmission(now);
    }

    /// <summary>RFC 9293 §3.8.6.1: a closed window is probed at growing intervals for as long as the peer answers.</summary>
    private void OnPersistTimeout(TimeSpan now)
    {
        if (!Sender.IsBlockedByWindow)
        {
            return;
        }

        if (!_retryLimit.TryAgain(now) || (_orphaned && _settings.Memory.IsShort))
        {
            TimeOut();
            return;
        }

        _probeDue = !Sender.TryOverride();
        _timers.Set(TcpTimer.Persist, _retryLimit.Within(now + Sender.Rtt.BackedOff(++_windowProbes)));
    }

    /// <summary>
    /// RFC 9293 §3.8.6.1: a peer that answers probes of its closed window is alive. But it may not keep the memory of an orphaned
    /// connection for as long as it likes (RFC 6429 §3).
    /// </summary>
    private void OnProbeAnswered()
    {
        if (!_orphaned)
        {
            _retryLimit.OnAnswered();
        }
    }

    private void ArmRetransmission(TimeSpan now) =>
        _timers.Set(TcpTimer.Retransmission, _retryLimit.Within(now + Sender.Rtt.Timeout));

    private void StartKeepAlive(TimeSpan now)
    {
        _keepAlive.OnReceived(now);
        ArmKeepAlive();
    }

    private void ArmKeepAlive() => _timers.Set(TcpTimer.KeepAlive, _keepAlive.First(KeepAliveIdle));

    /// <summary>A running timer expires no later than the user timeout.</summary>
    private void BoundByRetryLimit(TcpTimer timer)
    {
        if (_timers.IsSet(timer))
        {
            _timers.Set(timer, _retryLimit.Within(_timers[timer]));
        }
    }

    private void ArmPersist(TimeSpan now)
    {
        if (!Sender.IsBlockedByWindow)
        {
            _timers.Stop(TcpTimer.Persist);
            _windowProbes = 0;
        }
        else if (!_timers.IsSet(TcpTimer.Persist))
        {
            _retryLimit.Begin(now);
            _timers.Set(TcpTimer.Persist, _retryLimit.Within(now + Sender.Rtt.BackedOff(_windowProbes)));
        }
    }

    private void ArmAfterSend(TimeSpan now, bool head)
    {
        // (5.1). A retransmission of the head restarts the timer too: set before the loss was detected, it might expire before
        // the retransmission, which takes a round trip, is acknowledged
        if (!_timers.IsSet(TcpTimer.Retransmission))
        {
            _retryLimit.Begin(now);
            head = true;
        }

        if (head && !Sender.IsImpatient)
        {
            ArmRetransmission(now);
        }

        ArmProbe(now);
    }

    private void ArmAfterAck(TimeSpan now, bool progress)
    {
        if (!Sender.HasOutstanding)
        {
            _timers.Stop(TcpTimer.Retransmission); // (5.2)
            _timers.Stop(TcpTimer.TailLossProbe);
            _timers.Stop(TcpTimer.Reordering);
            _timers.Set(TcpTimer.Idle, TcpTimers.RoundUp(now + IdleAfter, IdleStep));
            _timers.Stop(TcpTimer.Persist);
            OnProbeAnswered();
            return;
        }

        _timers.Set(TcpTimer.Reordering, Sender.ReorderingDeadline);
        if (progress)
        {
            _retryLimit.Begin(now);
            if (!Sender.IsImpatient)
            {
                ArmRetransmission(now); // (5.3)
            }

            ArmProbe(now);
        }
    }

    private void ArmProbe(TimeSpan now)
    {
        var delay = Sender.ProbeDelay();
        var deadline = delay == TimeSpan.MaxValue ? delay : now + delay;
        if (deadline < _timers[TcpTimer.Retransmission])
        {
            _timers.Set(TcpTimer.TailLossProbe, deadline);
        }
        else
        {
            _timers.Stop(TcpTimer.TailLossProbe);
        }
    }
}
