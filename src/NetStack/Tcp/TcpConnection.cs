namespace Onetun.NetStack;

/// <summary>
/// One TCP connection (RFC 9293), without a clock, a socket or a wait: segments, timeouts and the application's calls go
/// in with the time they happen, segments come out of <see cref="TryTransmit"/>, and what the application should know
/// gathers in <see cref="TakeEvents"/>. After any input the connection wants to be asked for output.
/// </summary>
/// <remarks>
/// This file has the state, and what the application does; the others what comes from elsewhere: segments, timeouts, news of
/// the path, and what goes out.
/// </remarks>
internal sealed partial class TcpConnection
{
    private readonly TcpSettings _settings;
    private readonly TcpHeaderTemplate _template;
    private TcpTimers _timers = new();
    private TcpEvents _events;

    // The parts, each with its own state
    private Handshake _handshake;
    private Timestamps _timestamps;
    private Ecn _ecn;
    private KeepAlive _keepAlive;
    private RetryLimit _retryLimit;
    private BlackHoleDetection _blackHole;

    // What the application has done
    private bool _orphaned;
    private bool _inputIgnored;
    private bool _writerWaits;

    // What is due for output, besides what the sender and the receiver have
    private bool _resetDue;
    private uint? _strayReset; // the number of one that answers what is not of this connection
    private bool _probeDue;

    // What the path has shown
    private bool _doubtsPath = true;
    private int _longestPassed;
    private TcpEnd _softError; // what ICMP said since the peer was last heard

    private TimeSpan _nextChallenge;
    private int _windowProbes; // of a closed window, whose interval grows by itself: they say nothing of the path

    private TcpConnection(
        TimeSpan now, TcpSettings settings, in FlowKey flow, uint initial, uint stampOffset, TcpState state)
    {
        _retryLimit = new RetryLimit(now) { UserTimeout = settings.Options.Socket.UserTimeout };
        _settings = settings;
        _template = new TcpHeaderTemplate(flow);
        _handshake = new Handshake(settings.Options, settings.MaximumSegmentSize(now, flow));
        _timestamps = new Timestamps(settings.Options.Timestamps, stampOffset);
        Flow = flow;
        Options = settings.Options.Socket;
        Sender = settings.CreateSender(initial);
        _ecn = new Ecn(settings.Options.ExplicitCongestionNotification, Sender.Congestion.RespondsToMarks);
        Receiver = settings.CreateReceiver(0, _handshake.ScalesWindows);
        State = state;
        _timers.Set(TcpTimer.Linger, TcpTimers.After(now, settings.Options.HandshakeTimeout));
    }

    public FlowKey Flow { get; }

    public TcpState State { get; private set; }

    /// <summary>What is its own to say.</summary>
    public TcpSocketOptions Options { get; private set; }

    public Sender Sender { get; }

    public Receiver Receiver { get; private set; }

    /// <summary>Why the connection ended, once it has.</summary>
    public TcpEnd End { get; private set; }

    /// <summary>Whoever the events are for.</summary>
    public IConnectionOwner? Owner { get; set; }

    /// <summary>The queue a passive open came from, until it is accepted.</summary>
    public ListenQueue? Listener { get; set; }

    /// <summary>When a timer next needs <see cref="OnTimeout"/>.</summary>
    public TimeSpan NextTimeout => _timers.Earliest;

    /// <summary>Place in <see cref="TimerHeap"/>, -1 outside.</summary>
    public int HeapIndex { get; set; } = -1;

    /// <summary>The deadline the heap knows; never later than <see cref="NextTimeout"/>.</summary>
    public TimeSpan HeapDeadline { get; set; }

    /// <summary>Whether the connection waits in the stack's output queue.</summary>
    public bool IsQueuedForOutput { get; set; }

    public bool IsSynchronized => State is not (TcpState.SynSent or TcpState.SynReceived or TcpState.Closed);

    /// <summary>
    /// The peer has said all it had to say, and its end behind it: a reset that comes later, for it has closed and forgotten
    /// us, takes nothing of that back.
    /// </summary>
    public bool InputIsWhole => Receiver.IsFinished && End is not (TcpEnd.Aborted or TcpEnd.Fault);

    /// <summary>Nobody here has anything to do with it any more, and it only delivers.</summary>
    public bool IsOrphan => _orphaned;

    /// <summary>All the peer will ever send has been received.</summary>
    public bool InputEnded => Receiver.IsFinished || State == TcpState.Closed;

    /// <summary>Active open (RFC 9293 §3.10.1).</summary>
    public static TcpConnection Open(
        TimeSpan now, TcpSettings settings, in FlowKey flow, uint initial, uint stampOffset) =>
        new(now, settings, flow, initial, stampOffset, TcpState.SynSent);

    /// <summary>Passive open: a SYN came to a listener (RFC 9293 §3.10.7.2).</summary>
    public static TcpConnection Accept(
        TimeSpan now, TcpSettings settings, in TcpSegment syn, uint initial, uint stampOffset)
    {
        var connection = new TcpConnection(now, settings, syn.Flow, initial, stampOffset, TcpState.SynReceived);
        connection.TakeSyn(now, syn);
        return connection;
    }

    /// <summary>A passive open that only a SYN cookie remembers: the SYN-ACK is out, and nobody knows since when.</summary>
    public static TcpConnection Restore(
        TimeSpan now, TcpSettings settings, in TcpSegment syn, uint cookie, uint stampOffset)
    {
        var connection = Accept(now, settings, syn, cookie, stampOffset);
        connection._handshake.OnCookie();
        connection.Sender.SynSent();
        return connection;
    }

    /// <summary>The options of a connection that stands.</summary>
    public void Configure(TcpSocketOptions options)
    {
        WantOutput();
        Options = options;
        _retryLimit.UserTimeout = options.UserTimeout;
        (Sender.Nagle, Sender.MaxBuffer) = (options.Nagle, options.MaxSendBuffer);
        Receiver.LimitCapacity(options.MaxReceiveBuffer);
        RaiseIfWritable();
        if (State is TcpState.Closed or TcpState.TimeWait)
        {
            return;
        }

        ArmKeepAlive();
        BoundByRetryLimit(TcpTimer.Retransmission);
        BoundByRetryLimit(TcpTimer.Persist);
    }

    /// <summary>SEND (RFC 9293 §3.10.2): what was written into the buffer may go.</summary>
    public void Flush() => WantOutput();

    public TcpEvents TakeEvents()
    {
        var events = _events;
        _events = TcpEvents.None;
        return events;
    }

    /// <summary>
    /// True while the bytes waiting to be acknowledged are fewer than the path can use; else
    /// <see cref="TcpEvents.Writable"/> comes when enough of them are gone for the writer to wake for a worthwhile piece.
    /// </summary>
    public bool CanWrite()
    {
        _writerWaits = Sender.Buffer.Length >= Sender.BufferTarget && State != TcpState.Closed;
        return !_writerWaits;
    }

    /// <summary>CLOSE (RFC 9293 §3.10.4): FIN follows what is buffered, receiving goes on.</summary>
    public void CloseOutput()
    {
        WantOutput();
        switch (State)
        {
            case TcpState.SynSent:
                Fail(TcpEnd.Aborted); // nobody has heard of us yet: no RST (RFC 9293 §3.10.4)
                return;
            case TcpState.SynReceived or TcpState.Established when !Sender.IsFinished:
                State = State == TcpState.Established ? TcpState.FinWait1 : State;
                Sender.Finish();
                break;
            case TcpState.CloseWait:
                State = TcpState.LastAck;
                Sender.Finish();
                break;
        }
    }

    /// <summary>ABORT (RFC 9293 §3.10.5).</summary>
    public void Abort()
    {
        WantOutput();
        if (State is not (TcpState.Closed or TcpState.SynSent or TcpState.TimeWait))
        {
            _resetDue = true;
        }

        Fail(TcpEnd.Aborted);
    }

    /// <summary>
    /// The stack ends. That is an abort, but for what has gone with all of it delivered: some systems take from who reads
    /// what it has yet to read when a reset comes.
    /// </summary>
    public void Leave()
    {
        WantOutput();
        if (_orphaned && State == TcpState.FinWait2)
        {
            Fail(TcpEnd.Graceful);
            return;
        }

        Abort();
    }

    /// <summary>The application reads no more; what still comes is acknowledged and dropped.</summary>
    public void IgnoreInput(TimeSpan now)
    {
        WantOutput();
        _inputIgnored = true;
        DropInput(now);
    }

    /// <summary>The application is gone.</summary>
    public void Orphan(TimeSpan now)
    {
        WantOutput();
        _orphaned = true;
        Owner = null;
        if (State == TcpState.Closed)
        {
            return;
        }

        if (Receiver.Buffer.Readable > 0 && !_inputIgnored)
        {
            Abort(); // RFC 9293 §3.6.1: data is lost, and the peer should know
            return;
        }

        CloseOutput();
        if (State == TcpState.FinWait2)
        {
            _timers.Set(TcpTimer.Linger, now + TcpSettings.OrphanTimeout);
        }
    }

    /// <summary>The application consumed input up to an offset.</summary>
    public void Consume(TimeSpan now, long offset, bool wantsMore)
    {
        var bytes = offset - Receiver.Buffer.Start;
        Receiver.Buffer.Consume(offset, keepTail: Receiver.HasGap);
        if (bytes > 0 && State != TcpState.Closed)
        {
            Receiver.Consumed(now, bytes);
        }

        if (wantsMore)
        {
            Receiver.Starve();
        }

        if (Receiver.AckNow)
        {
            WantOutput();
        }
    }

    /// <summary>Whatever is done to the connection ends up here: it may have something to send, to tell, or to wait for.</summary>
    private void WantOutput() => _settings.Output.Add(this);

    private void RaiseIfWritable()
    {
        if (_writerWaits && Sender.HasWriteRoom)
        {
            _writerWaits = false;
            Raise(TcpEvents.Writable);
        }
    }

    private void Raise(TcpEvents events)
    {
        if (_events == TcpEvents.None)
        {
            _settings.Events.Enqueue(this);
        }

        _events |= events;
    }

    /// <summary>
    /// Ends the connection and lets go of all it holds but what the application may still read: what came in order before a
    /// reset, such as why (an early 413), is read before it, as Linux does; RFC 9293 §3.10.7.4 would have the queue flushed.
    /// </summary>
    private void Fail(TcpEnd reason)
    {
        if (State == TcpState.Closed)
        {
            return;
        }

        State = TcpState.Closed;
        End = reason;
        _timers.StopAll();
        Sender.Clear();
        if (reason == TcpEnd.Aborted)
        {
            Receiver.Buffer.Clear();
        }
        else
        {
            Receiver.Buffer.DropOutOfOrder();
        }

        Raise(TcpEvents.Ended);
    }

    private void TimeOut()
    {
        _resetDue = IsSynchronized || State == TcpState.SynReceived;
        Fail(_softError == TcpEnd.None ? TcpEnd.TimedOut : _softError);
    }

    private void DropInput(TimeSpan now)
    {
        if (Receiver.Buffer.Readable > 0)
        {
            Consume(now, Receiver.Buffer.End, wantsMore: false);
        }
    }
}
