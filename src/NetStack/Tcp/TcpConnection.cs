namespace Onetun.NetStack;

/// <summary>
/// One TCP connection (RFC 9293), without clock, socket or wait: segments, timeouts and calls of the application go in with the
/// time at which they happen, segments come out of <see cref="TryTransmit"/>, and events for the application out of
/// <see cref="TakeEvents"/>. After any input, the connection is queued for output.
/// </summary>
/// <remarks>
/// This file has the state and the application's calls; the others have the handshake, arriving segments, timers, the path,
/// output and faults.
/// </remarks>
internal sealed partial class TcpConnection
{
    private readonly TcpSettings _settings;
    private readonly TcpHeaderTemplate _template;
    private readonly OutputQueue _output;
    private TcpTimers _timers = new();
    private TcpEvents _events;

    // Parts, each with its own state
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
    private uint? _strayReset; // The sequence number of a reset that answers a segment of another connection
    private bool _probeDue;

    // What the path has shown
    private bool _doubtsPath = true;
    private int _longestPassed;
    private TcpEnd _softError; // An ICMP error since the last ACK of new data

    private TimeSpan _nextChallenge;
    private int _windowProbes; // Zero-window probes back off by themselves: they are no retransmission timeouts

    private TcpConnection(
        TimeSpan now, TcpSettings settings, in FlowKey flow, uint initial, uint stampOffset, TcpState state)
    {
        _retryLimit = new RetryLimit(now) { UserTimeout = settings.Options.Socket.UserTimeout };
        _settings = settings;
        _output = settings.OutputOf(flow);
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

    /// <summary>Whether the peer is this stack too.</summary>
    public bool IsWithOurselves => _output != _settings.Output;

    public TcpState State { get; private set; }

    /// <summary>The options of this connection.</summary>
    public TcpSocketOptions Options { get; private set; }

    public Sender Sender { get; }

    public Receiver Receiver { get; private set; }

    /// <summary>Why the connection ended, once it has.</summary>
    public TcpEnd End { get; private set; }

    /// <summary>The owner, who gets the events; null if there is none yet, or no longer.</summary>
    public IConnectionOwner? Owner { get; set; }

    /// <summary>The queue in which a passive open waits to be accepted.</summary>
    public ListenQueue? Listener { get; set; }

    /// <summary>When <see cref="OnTimeout"/> is next due.</summary>
    public TimeSpan NextTimeout => _timers.Earliest;

    /// <summary>The index in <see cref="TimerHeap"/>; -1 if the connection is not in it.</summary>
    public int HeapIndex { get; set; } = -1;

    /// <summary>The deadline known to the heap; never later than <see cref="NextTimeout"/>.</summary>
    public TimeSpan HeapDeadline { get; set; }

    /// <summary>Whether the connection is in the stack's output queue.</summary>
    public bool IsQueuedForOutput { get; set; }

    public bool IsSynchronized => State is not (TcpState.SynSent or TcpState.SynReceived or TcpState.Closed);

    /// <summary>
    /// Everything up to the peer's FIN was received: a reset that comes later, because the peer has closed and forgotten the
    /// connection, changes nothing about that.
    /// </summary>
    public bool InputIsWhole => Receiver.IsFinished && End is not (TcpEnd.Aborted or TcpEnd.Fault);

    /// <summary>Whether the application has closed the connection, which only delivers what is left.</summary>
    public bool IsOrphan => _orphaned;

    /// <summary>When a segment of the peer arrived last; zero before the first.</summary>
    public TimeSpan HeardAt => _keepAlive.ReceivedAt;

    /// <summary>Whether nothing more will be received.</summary>
    public bool InputEnded => Receiver.IsFinished || State == TcpState.Closed;

    /// <summary>Active open (RFC 9293 §3.10.1).</summary>
    public static TcpConnection Open(
        TimeSpan now, TcpSettings settings, in FlowKey flow, uint initial, uint stampOffset) =>
        new(now, settings, flow, initial, stampOffset, TcpState.SynSent);

    /// <summary>Passive open: a listener received a SYN (RFC 9293 §3.10.7.2).</summary>
    public static TcpConnection Accept(
        TimeSpan now, TcpSettings settings, in TcpSegment syn, uint initial, uint stampOffset)
    {
        var connection = new TcpConnection(now, settings, syn.Flow, initial, stampOffset, TcpState.SynReceived);
        connection.TakeSyn(now, syn);
        return connection;
    }

    /// <summary>A passive open restored from a SYN cookie: it is unknown when the SYN-ACK was sent.</summary>
    public static TcpConnection Restore(
        TimeSpan now, TcpSettings settings, in TcpSegment syn, uint cookie, uint stampOffset)
    {
        var connection = Accept(now, settings, syn, cookie, stampOffset);
        connection._handshake.OnCookie();
        connection.Sender.SynSent();
        return connection;
    }

    /// <summary>Changes the options.</summary>
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

    /// <summary>SEND (RFC 9293 §3.10.2): data in the buffer may be sent.</summary>
    public void Flush() => WantOutput();

    public TcpEvents TakeEvents()
    {
        var events = _events;
        _events = TcpEvents.None;
        return events;
    }

    /// <summary>
    /// True while fewer bytes are buffered than the path can use. Otherwise <see cref="TcpEvents.Writable"/> is raised once enough
    /// of them are acknowledged to make it worthwhile to wake the writer.
    /// </summary>
    public bool CanWrite()
    {
        _writerWaits = Sender.Buffer.Length >= Sender.BufferTarget && State != TcpState.Closed;
        return !_writerWaits;
    }

    /// <summary>CLOSE (RFC 9293 §3.10.4): a FIN follows the buffered data, and receiving goes on.</summary>
    public void CloseOutput()
    {
        WantOutput();
        switch (State)
        {
            case TcpState.SynSent:
                Fail(TcpEnd.Aborted); // Without RST (RFC 9293 §3.10.4)
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

    /// <summary>Limits the wait for the ACK of our FIN: <see cref="TcpEvents.Lingered"/> is raised at its end.</summary>
    public void Linger(TimeSpan now, TimeSpan limit)
    {
        WantOutput();
        if (State is TcpState.FinWait1 or TcpState.Closing or TcpState.LastAck)
        {
            _timers.Set(TcpTimer.Linger, TcpTimers.After(now, limit));
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

    /// <summary>Whoever it was with does not have the address any more: it ends as by <see cref="Abort"/>, without a word to who has.</summary>
    public void Sever()
    {
        WantOutput();
        Fail(TcpEnd.Aborted);
    }

    /// <summary>
    /// The stack ends, and aborts the connection, except when it is orphaned and everything is delivered: on some systems, a reset
    /// discards received data that has yet to be read.
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

    /// <summary>The application reads no more; data that still arrives is acknowledged and dropped.</summary>
    public void IgnoreInput(TimeSpan now)
    {
        WantOutput();
        _inputIgnored = true;
        DropInput(now);
    }

    /// <summary>The application has closed the connection for good: it becomes an orphan.</summary>
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
            Abort(); // Received data is lost, and the peer should know (RFC 9293 §3.6.1)
            return;
        }

        CloseOutput();
        if (State == TcpState.FinWait2)
        {
            _timers.Set(TcpTimer.Linger, now + TcpSettings.OrphanTimeout);
        }
    }

    /// <summary>The application has consumed the input up to an offset.</summary>
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

    /// <summary>
    /// Everything done to the connection calls this: there may be segments to send, events to raise, or timers to set.
    /// </summary>
    private void WantOutput() => _output.Add(this);

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
    /// Ends the connection, and releases all but what the application may still read: data that came in order before a reset, such
    /// as the reason for it (an early 413), can be read, as in Linux. RFC 9293 §3.10.7.4 would flush it.
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
