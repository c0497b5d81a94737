using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Onetun.NetStack;

/// <summary>
/// Runs an <see cref="IpStack"/> for many threads: one lock, and whoever holds it drives. A turn takes some input
/// (packets, a timeout, a call of the application), lets the stack send what follows from it, and wakes whoever waited
/// for it once the lock is released. One thread may join its turns to a round, which sends at its end, and in which those who
/// waited may go on (<see cref="TcpSocket.ContinuesInline"/>).
/// </summary>
public abstract class StackDriver
{
    private readonly Lock _lock = new();
    private readonly List<Signal> _woken = [];
    private readonly List<Signal> _inline = [];
    private readonly List<Signal> _deferred = [];
    private volatile int _roundThread;
    private bool _ended;

    /// <summary>Drives a stack that nobody else touches.</summary>
    protected StackDriver(IpStack stack)
    {
        ArgumentNullException.ThrowIfNull(stack);
        Stack = stack;
    }

    /// <summary>The stack; only within a turn.</summary>
    public IpStack Stack { get; }

    /// <summary>A monotonic clock that counts sleep.</summary>
    protected internal abstract TimeSpan Now { get; }

    /// <summary>Held during a turn. Taken alone to look without changing anything.</summary>
    internal Lock Lock => _lock;

    private bool IsInRound => _roundThread == Environment.CurrentManagedThreadId;

    /// <summary>Opens a TCP connection.</summary>
    /// <exception cref="SocketException">
    /// Refused, unreachable, timed out, no address of ours is of its version, or no port is free.
    /// </exception>
    public async Task<TcpSocket> ConnectTcpAsync(IPEndPoint remote, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(remote);
        cancellationToken.ThrowIfCancellationRequested();
        TcpSocket socket;
        using (var turn = BeginTurn())
        {
            ThrowIfEnded();
            var connection = Stack.Connect(turn.Now, Reachable(remote.Address), (ushort)remote.Port)
                ?? throw new SocketException((int)SocketError.AddressNotAvailable);
            socket = new TcpSocket(this, connection);
        }

        try
        {
            await socket.WaitConnectedAsync(cancellationToken).ConfigureAwait(false);
            return socket;
        }
        catch
        {
            socket.Abort();
            throw;
        }
    }

    /// <summary>Listens on all addresses of the stack.</summary>
    /// <param name="port">0 for any free one.</param>
    /// <exception cref="SocketException">The port is taken.</exception>
    public SocketListener<TcpSocket> ListenTcp(int port)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(port);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(port, ushort.MaxValue);
        using var turn = BeginTurn();
        ThrowIfEnded();
        var queue = Stack.Listen(port) ?? throw new SocketException((int)SocketError.AddressAlreadyInUse);
        var listener = new SocketListener<TcpSocket>(
            this,
            queue.Port,
            () => queue.TryAccept(out var connection) ? new TcpSocket(this, connection) : null,
            () => queue.IsClosed,
            () => Stack.StopListening(queue));
        queue.Signal = listener.Signal;
        return listener;
    }

    /// <summary>Opens a flow of datagrams to a peer, from a port of its own.</summary>
    /// <exception cref="SocketException">No address of ours is of its version, or no port is free.</exception>
    public UdpSocket ConnectUdp(IPEndPoint remote)
    {
        ArgumentNullException.ThrowIfNull(remote);
        using var turn = BeginTurn();
        ThrowIfEnded();
        var flow = Stack.ConnectUdp(Reachable(remote.Address), (ushort)remote.Port)
            ?? throw new SocketException((int)SocketError.AddressNotAvailable);
        return new UdpSocket(this, flow);
    }

    /// <summary>Takes datagrams on a port of all addresses of the stack.</summary>
    /// <param name="port">0 for any free one.</param>
    /// <exception cref="SocketException">The port is taken.</exception>
    public SocketListener<UdpSocket> ListenUdp(int port)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(port);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(port, ushort.MaxValue);
        using var turn = BeginTurn();
        ThrowIfEnded();
        var queue = Stack.Udp.Listen(port) ?? throw new SocketException((int)SocketError.AddressAlreadyInUse);
        var listener = new SocketListener<UdpSocket>(
            this,
            queue.Port,
            () => queue.TryAccept(out var flow) ? new UdpSocket(this, flow) : null,
            () => queue.IsClosed,
            () => Stack.Udp.StopListening(queue));
        queue.Signal = listener.Signal;
        return listener;
    }

    /// <summary>Waits until everything written is acknowledged, for at most the time given; false if it was not enough.</summary>
    public async Task<bool> DrainAsync(TimeSpan limit)
    {
        var end = Now + limit;
        while (true)
        {
            lock (_lock)
            {
                if (!Stack.IsDelivering)
                {
                    return true;
                }
            }

            if (Now >= end)
            {
                return false;
            }

            await Task.Delay(10).ConfigureAwait(false); // a process ends once: 10 ms more are no matter
        }
    }

    /// <summary>
    /// Disposes every socket and ends every listener, for good. Connections deliver what they were given
    /// (<see cref="DrainAsync"/>), or are reset where received data is left unread.
    /// </summary>
    public void CloseAll()
    {
        using var turn = BeginTurn();
        End();
        WakeAll(Stack.CloseAll(turn.Now));
    }

    /// <summary>Resets every connection and ends every listener, for good.</summary>
    public void AbortAll()
    {
        using var turn = BeginTurn();
        End();
        WakeAll(Stack.AbortAll());
    }

    private void End()
    {
        _ended = true;
        WakeDeferred(); // there may be no more rounds
    }

    private void WakeAll(List<Signal?> waiting)
    {
        foreach (var signal in waiting)
        {
            Wake(signal);
        }
    }

    /// <summary>Sends all that the stack has to send; called under the lock at the end of each turn.</summary>
    protected abstract void Transmit(TimeSpan now);

    /// <summary>Takes the lock.</summary>
    protected internal Turn BeginTurn() => new(this, Now);

    /// <summary>Takes the lock for input that came at a known time.</summary>
    protected Turn BeginTurn(TimeSpan now) => new(this, now);

    /// <summary>
    /// Joins the turns of this thread until it is disposed: what they have to send leaves at its end. One thread of a driver has
    /// rounds, one at a time.
    /// </summary>
    protected Round BeginRound() => new(this);

    internal void Wake(Signal? signal)
    {
        Debug.Assert(_lock.IsHeldByCurrentThread);
        if (signal is not null && signal.TryFire())
        {
            _woken.Add(signal);
        }
    }

    private IpAddress Reachable(IPAddress remote)
    {
        var address = IpAddress.From(remote);
        return Stack.HasAddressLike(address) ? address : throw new SocketException(
            (int)SocketError.AddressFamilyNotSupported,
            $"There is no {(address.IsIPv4 ? "IPv4" : "IPv6")} address on this side to reach {remote} from.");
    }

    // Nobody would drive what begins after the end
    private void ThrowIfEnded()
    {
        if (_ended)
        {
            throw new SocketException((int)SocketError.Shutdown);
        }
    }

    /// <summary>Hears of a fault that was survived; called under the lock.</summary>
    protected virtual void OnFault(StackFault fault)
    {
        // The stack has counted it
    }

    /// <summary>Has a round begin at once; false if there is no thread to have it. Called under the lock.</summary>
    protected virtual bool TrySummon(TimeSpan now) => false;

    /// <summary>
    /// Has a read that need not wait go on in the next round. Once out of the rounds, because some other socket was full, its reader
    /// would never wait again while data comes, and run beside them instead: 1.06 to 1.2 times the processor time. Called under the
    /// lock, before the signal is armed; false if the read may go on where it is.
    /// </summary>
    internal bool TryDefer(Signal signal)
    {
        if (_ended || !signal.IsInline || IsInRound || !TrySummon(Now))
        {
            return false;
        }

        signal.IsDeferred = true;
        _deferred.Add(signal);
        return true;
    }

    private void EndTurn(TimeSpan now)
    {
        var isInRound = IsInRound;
        if (!isInRound)
        {
            TransmitAll(now);
        }

        while (Stack.TryTakeFault(out var fault))
        {
            OnFault(fault);
        }

        while (Stack.TryTakeEvents(out var connection, out var events))
        {
            connection.Owner?.OnEvents(events);
            Wake(connection.Listener?.Signal);
        }

        while (Stack.Udp.TryTakeEvent(out var flow))
        {
            Wake(flow.Signal);
            Wake(flow.Listener?.Signal);
        }

        if (isInRound)
        {
            WakeDeferred();
        }

        // queueing does not run anything here, so it may happen under the lock; the list is not seen outside it
        foreach (var signal in _woken)
        {
            if (isInRound && signal.IsInline)
            {
                _inline.Add(signal);
            }
            else
            {
                ThreadPool.UnsafeQueueUserWorkItem(signal, preferLocal: false);
            }
        }

        _woken.Clear();
    }

    private void WakeDeferred()
    {
        foreach (var signal in _deferred)
        {
            if (signal.IsDeferred) // still
            {
                Wake(signal);
            }
        }

        _deferred.Clear();
    }

    private void TransmitAll(TimeSpan now)
    {
        try
        {
            Transmit(now);
        }
        catch (Exception fault)
        {
            OnFault(new StackFault("what was to be sent", fault));
        }
    }

    /// <summary>The lock, held; disposing it sends, wakes and releases.</summary>
    protected internal readonly ref struct Turn
    {
        private readonly StackDriver _driver;

        internal Turn(StackDriver driver, TimeSpan now)
        {
            _driver = driver;
            Now = now;
            driver._lock.Enter();
        }

        /// <summary>When the turn began.</summary>
        public TimeSpan Now { get; }

        /// <summary>Ends the turn.</summary>
        public void Dispose()
        {
            try
            {
                _driver.EndTurn(Now);
            }
            finally
            {
                _driver._lock.Exit();
            }
        }
    }

    /// <summary>Turns whose output leaves together.</summary>
    protected internal readonly ref struct Round
    {
        private readonly StackDriver _driver;

        internal Round(StackDriver driver)
        {
            _driver = driver;
            driver._roundThread = Environment.CurrentManagedThreadId;
        }

        /// <summary>Has those who waited for the turns so far go on, of sockets that say so (<see cref="TcpSocket.ContinuesInline"/>).</summary>
        public void Continue()
        {
            var inline = _driver._inline;
            for (var i = 0; i < inline.Count; i++) // their own turns may wake others
            {
                inline[i].Execute();
            }

            inline.Clear();
        }

        /// <summary>Sends.</summary>
        public void Dispose()
        {
            _driver._roundThread = 0;
            using var turn = _driver.BeginTurn();
        }
    }
}
