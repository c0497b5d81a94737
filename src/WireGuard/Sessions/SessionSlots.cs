namespace Onetun.WireGuard;

/// <summary>
/// A peer's sessions: <see cref="Current"/> sends; <see cref="Previous"/> still receives what was under way;
/// <see cref="Next"/>, made by us as responder, waits for the first packet that proves the initiator has it too.
/// </summary>
internal sealed class SessionSlots(DeviceState device, Peer peer)
{
    /// <summary>A session has been in use, and its end was not yet told of.</summary>
    private bool _isInUse;

    public Session? Previous { get; private set; }

    public Session? Current { get; private set; }

    public Session? Next { get; private set; }

    /// <summary>The one that a packet can be sent on at once, if there is one.</summary>
    public Session? Usable(TimeSpan now) => Current is { } session && session.CanSend(now) ? session : null;

    /// <summary>To be called when a session may have come to its end: tells of it, unless there is another.</summary>
    public void TellIfEnded(TimeSpan now)
    {
        if (_isInUse && Usable(now) is null)
        {
            _isInUse = false;
            device.Events.SessionEnded(peer);
        }
    }

    /// <summary>We accepted a response: the responder has the keys, so the session is in use at once.</summary>
    public void BeginAsInitiator(Session session)
    {
        var oldPrevious = Previous;
        if (Next is not null)
        {
            // The unconfirmed session is the newer one. Whoever made it may be using it.
            Previous = Next;
            Next = null;
            End(Current);
        }
        else
        {
            Previous = Current;
        }

        End(oldPrevious);
        Current = session;
        _isInUse = true;
    }

    /// <summary>We made a response: nothing may be sent on the session until the initiator has shown that it came.</summary>
    public void BeginAsResponder(Session session)
    {
        End(Next);
        Next = session;
        End(Previous);
        Previous = null;
    }

    /// <summary>An authentic packet came on this session. True if that confirmed it and made it current.</summary>
    public bool TryConfirm(Session session)
    {
        if (session != Next)
        {
            return false;
        }

        End(Previous);
        Previous = Current;
        Current = Next;
        Next = null;
        _isInUse = true;
        return true;
    }

    public void StopSending(TimeSpan now)
    {
        Current?.StopSending();
        Next?.StopSending();
        TellIfEnded(now);
    }

    public void Clear(TimeSpan now)
    {
        // Empty first: a session that cannot even be ended must not stay in use
        var (previous, current, next) = (Previous, Current, Next);
        Previous = Current = Next = null;
        TellIfEnded(now);
        End(previous);
        End(current);
        End(next);
    }

    private void End(Session? session)
    {
        if (session is not null)
        {
            device.Indices.Remove(session.LocalIndex);
            session.Dispose();
        }
    }
}
