using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Onetun.NetStack;

/// <summary>
/// Runs an <see cref="IpStack"/> for many threads, under one lock. A turn, which holds the lock, takes some input (packets, a
/// timeout, a call of the application), lets the stack send what follows from it, and wakes those who waited for it, who
/// continue after the lock is released; turns within a turn are part of it. One thread may join its turns to a round, which
/// sends at its end, and in which waiters may continue (<see cref="TcpSocket.ContinuesInline"/>).
/// </summary>
public abstract partial class StackDriver
{
    private readonly Lock _lock = new();
    private readonly List<Signal> _woken = [];
    private readonly List<Signal> _inline = [];
    private readonly List<Signal> _deferred = [];
    private volatile int _roundThread;
    private int _turns;
    private bool _ended;

    /// <summary>Creates a driver for a stack that nothing else uses.</summary>
    /// <param name="stack">The stack.</param>
    protected StackDriver(IpStack stack)
    {
        ArgumentNullException.ThrowIfNull(stack);
        Stack = stack;
    }

    /// <summary>The stack; to be used only within a turn.</summary>
    public IpStack Stack { get; }

    /// <summary>The time of a monotonic clock that goes on while the system sleeps.</summary>
    protected internal abstract TimeSpan Now { get; }

    /// <summary>The lock that a turn holds. It may be taken alone to read the state.</summary>
    internal Lock Lock => _lock;

    private bool IsInRound => _roundThread == Environment.CurrentManagedThreadId;

    /// <summary>Opens a TCP connection.</summary>
    /// <param name="remote">The address and port of the peer.</param>
    /// <param name="cancellationToken">Aborts the attempt.</param>
    /// <returns>The established connection.</returns>
    /// <exception cref="SocketException">
    /// The connection was refused or timed out, the peer is unreachable, no address of ours is of its IP version, no port or no
    /// room for another connection is free (<see cref="TcpOptions.MaxConnections"/>), or the driver was closed.
    /// </exception>
    /// <exception cref="OperationCanceledException">The attempt was cancelled.</exception>
    public Task<TcpSocket> ConnectTcpAsync(IPEndPoint remote, CancellationToken cancellationToken = default) =>
        ConnectTcpAsync(remote, continuesInline: false, cancellationToken);

    /// <summary>
    /// The same for a socket with <see cref="TcpSocket.ContinuesInline"/>, which holds for whoever waits for the connection too.
    /// </summary>
    /// <inheritdoc cref="ConnectTcpAsync(IPEndPoint, CancellationToken)"/>
    public Task<TcpSocket> ConnectTcpInlineAsync(IPEndPoint remote, CancellationToken cancellationToken = default) =>
        ConnectTcpAsync(remote, continuesInline: true, cancellationToken);

    private async Task<TcpSocket> ConnectTcpAsync(IPEndPoint remote, bool continuesInline, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(remote);
        cancellationToken.ThrowIfCancellationRequested();
        TcpSocket socket;
        using (var turn = BeginTurn())
        {
            ThrowIfEnded();
            var connection = Stack.Connect(turn.Now, Destination.OfTcp(Stack, remote), (ushort)remote.Port)
                ?? throw Destination.NoneFree(Stack.ConnectionCount, Stack.Options.Tcp.MaxConnections, nameof(TcpOptions.MaxConnections));
            socket = new TcpSocket(this, connection) { ContinuesInline = continuesInline };
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

    /// <summary>Listens for TCP connections on all addresses of the stack.</summary>
    /// <param name="port">The port, 0 to 65,535; 0 takes any free one.</param>
    /// <exception cref="ArgumentOutOfRangeException">The port is out of range.</exception>
    /// <exception cref="SocketException">The port is in use, on whichever address, or the driver was closed.</exception>
    public SocketListener<TcpSocket> ListenTcp(int port) => ListenTcp(new IPEndPoint(IPAddress.IPv6Any, port));

    /// <summary>The same on one address of the stack.</summary>
    /// <param name="local">The address, where 0.0.0.0 and :: each stand for all of both IP versions, and the port; 0 takes any free one.</param>
    /// <param name="backlog">At least 1; null for <see cref="TcpOptions.Backlog"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The backlog is less than 1.</exception>
    /// <exception cref="SocketException">
    /// The address is not one of the stack's, the port is in use there or on all, or the driver was closed.
    /// </exception>
    public SocketListener<TcpSocket> ListenTcp(IPEndPoint local, int? backlog = null)
    {
        var address = ListenAddress(local);
        ArgumentOutOfRangeException.ThrowIfLessThan(backlog ?? 1, 1, nameof(backlog));
        using var turn = BeginTurn();
        ThrowIfEnded();
        var queue = Stack.Listen(local.Port, address, backlog) ?? throw new SocketException((int)SocketError.AddressAlreadyInUse);
        var listener = new SocketListener<TcpSocket>(
            this,
            queue.End,
            () => queue.TryAccept(out var connection) ? new TcpSocket(this, connection) : null,
            () => queue.IsClosed,
            () => Stack.StopListening(queue));
        queue.Signal = listener.Signal;
        return listener;
    }

    /// <summary>Opens a flow of datagrams to a peer, from a port of its own.</summary>
    /// <param name="remote">The address and port of the peer.</param>
    /// <exception cref="SocketException">
    /// No address of ours is of its IP version, no port or no room for another flow is free
    /// (<see cref="UdpOptions.MaxFlows"/>), or the driver was closed.
    /// </exception>
    public UdpSocket ConnectUdp(IPEndPoint remote)
    {
        ArgumentNullException.ThrowIfNull(remote);
        using var turn = BeginTurn();
        ThrowIfEnded();
        var flow = Stack.ConnectUdp(Destination.Of(Stack, remote), (ushort)remote.Port)
            ?? throw Destination.NoneFree(Stack.Udp.FlowCount, Stack.Options.Udp.MaxFlows, nameof(UdpOptions.MaxFlows));
        return new UdpSocket(this, flow);
    }

    /// <summary>Listens for datagrams on all addresses of the stack: each new sender makes a socket.</summary>
    /// <param name="port">The port, 0 to 65,535; 0 takes any free one.</param>
    /// <exception cref="ArgumentOutOfRangeException">The port is out of range.</exception>
    /// <exception cref="SocketException">The port is in use, on whichever address, or the driver was closed.</exception>
    public SocketListener<UdpSocket> ListenUdp(int port) => ListenUdp(new IPEndPoint(IPAddress.IPv6Any, port));

    /// <summary>The same on one address of the stack.</summary>
    /// <param name="local">The address, where 0.0.0.0 and :: each stand for all of both IP versions, and the port; 0 takes any free one.</param>
    /// <exception cref="SocketException">
    /// The address is not one of the stack's, the port is in use there or on all, or the driver was closed.
    /// </exception>
    public SocketListener<UdpSocket> ListenUdp(IPEndPoint local)
    {
        var address = ListenAddress(local);
        using var turn = BeginTurn();
        ThrowIfEnded();
        var queue = Stack.Udp.Listen(local.Port, address) ?? throw new SocketException((int)SocketError.AddressAlreadyInUse);
        var listener = new SocketListener<UdpSocket>(
            this,
            queue.End,
            () => queue.TryAccept(out var flow) ? new UdpSocket(this, flow) : null,
            () => queue.IsClosed,
            () => Stack.Udp.StopListening(queue));
        queue.Signal = listener.Signal;
        return listener;
    }

    /// <summary>The TCP connections as they stand, those whose peers were heard last first, and those in TIME-WAIT last.</summary>
    /// <param name="most">No more than these; all are counted in <see cref="IpStackStatistics.Connections"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number is negative.</exception>
    public IReadOnlyList<TcpConnectionStatistics> GetTcpConnections(int most)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(most);
        lock (_lock)
        {
            var latest = Stack.Connections.OrderBy(connection => connection.State == TcpState.TimeWait)
                .ThenByDescending(connection => connection.HeardAt);
            return [.. latest.Take(most).Select(TcpConnectionStatistics.Of)];
        }
    }

    /// <summary>Waits until the peers of all connections have acknowledged everything written to them, FINs included.</summary>
    /// <param name="limit">The longest time to wait.</param>
    /// <returns>False if that was not enough.</returns>
    public async Task<bool> DrainAsync(TimeSpan limit)
    {
        var end = TcpTimers.After(Now, limit);
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

            await Task.Delay(10).ConfigureAwait(false); // A process ends only once, so that 10 ms more do not matter
        }
    }

    /// <summary>
    /// Disposes all sockets and listeners, for good. Connections still deliver what was written to them
    /// (<see cref="DrainAsync"/>), except that those with unread data are reset.
    /// </summary>
    public void CloseAll()
    {
        using var turn = BeginTurn();
        End();
        WakeAll(Stack.CloseAll(turn.Now));
    }

    /// <summary>Resets all connections and closes all listeners and flows, for good.</summary>
    public void AbortAll()
    {
        using var turn = BeginTurn();
        End();
        WakeAll(Stack.AbortAll());
    }

    /// <exception cref="SocketException">Nothing comes there.</exception>
    private IpAddress ListenAddress(IPEndPoint local)
    {
        ArgumentNullException.ThrowIfNull(local);
        var address = IpAddress.From(local.Address);
        return address.IsUnspecified ? default : Stack.Has(address) ? address : throw new SocketException(
            (int)SocketError.AddressNotAvailable, $"{local.Address} is not an address of this side.");
    }

    private void End()
    {
        _ended = true;
        WakeDeferred(); // There may be no more rounds
    }

    private void WakeAll(List<Signal?> waiting)
    {
        foreach (var signal in waiting)
        {
            Wake(signal);
        }
    }

    /// <summary>
    /// Takes all that the stack has to send, and sends it, or has <see cref="Leave"/> send it; called under the lock at the end of
    /// each turn, or of a round.
    /// </summary>
    /// <param name="now">When the turn began.</param>
    protected abstract void Transmit(TimeSpan now);

    /// <summary>Sends what <see cref="Transmit"/> has left to it; called after each turn, by the same thread, without the lock.</summary>
    protected virtual void Leave()
    {
        // All has been sent
    }

    /// <summary>Begins a turn now.</summary>
    protected internal Turn BeginTurn() => new(this, Now);

    /// <summary>Begins a turn for input that arrived at a known time.</summary>
    /// <param name="now">When it arrived.</param>
    protected Turn BeginTurn(TimeSpan now) => new(this, now);

    /// <summary>
    /// Begins a round, which joins the turns of this thread until it is disposed: what they have to send is sent at its end.
    /// Only one thread of a driver may have rounds, one at a time.
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

    // Nothing would drive a socket that is opened after the end
    private void ThrowIfEnded()
    {
        if (_ended)
        {
            throw new SocketException((int)SocketError.Shutdown);
        }
    }

    /// <summary>Reports a fault that the stack survived; called under the lock.</summary>
    /// <param name="fault">What failed.</param>
    protected virtual void OnFault(StackFault fault)
    {
        // The stack has counted it
    }

    /// <summary>Makes a round begin at once; false, the default, if no thread has rounds. Called under the lock.</summary>
    /// <param name="now">The current time.</param>
    protected virtual bool TrySummon(TimeSpan now) => false;

    /// <summary>
    /// Makes a read that need not wait continue in the next round. Once a reader has left the rounds, because another socket
    /// was full, it would never wait again while data arrives, and run beside the rounds instead, which takes 1.06 to 1.2 times
    /// the processor time. Called under the lock, before the signal is armed; false if the read may continue where it is.
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

        while (Stack.Udp.TryTakeEvent(out var receiver))
        {
            Wake(receiver.Signal);
            Wake((receiver as UdpFlow)?.Listener?.Signal);
        }

        while (Stack.TryTakePing(out var ping))
        {
            Wake(ping.Signal);
        }

        if (isInRound)
        {
            WakeDeferred();
        }

        // Queueing runs nothing here, so it may be done under the lock, which guards the list
        foreach (var signal in _woken)
        {
            if (isInRound && signal.IsInline)
            {
                _inline.Add(signal);
            }
            else
            {
                Continue(signal);
            }
        }

        _woken.Clear();
    }

    /// <summary>Whether disposing a socket waits for its delivery, which goes on by itself.</summary>
    internal virtual bool Lingers => true;

    /// <summary>Has a waiter run, soon and without the lock, under which this is called.</summary>
    internal virtual void Continue(Signal signal) => ThreadPool.UnsafeQueueUserWorkItem(signal, preferLocal: false);

    private void WakeDeferred()
    {
        foreach (var signal in _deferred)
        {
            if (signal.IsDeferred) // It may have been woken since
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

    /// <summary>A turn, which holds the lock; disposing it sends, wakes waiters, and releases the lock.</summary>
    protected internal readonly ref struct Turn
    {
        private readonly StackDriver _driver;

        internal Turn(StackDriver driver, TimeSpan now)
        {
            _driver = driver;
            Now = now;
            driver._lock.Enter();
            driver._turns++;
        }

        /// <summary>When the turn began.</summary>
        public TimeSpan Now { get; }

        /// <summary>Ends the turn, unless it is within another one.</summary>
        public void Dispose()
        {
            try
            {
                if (_driver._turns == 1)
                {
                    _driver.EndTurn(Now);
                }
            }
            finally
            {
                var isOver = --_driver._turns == 0;
                _driver._lock.Exit();
                if (isOver)
                {
                    _driver.Leave();
                }
            }
        }
    }

    /// <summary>A round: turns whose output is sent together.</summary>
    protected internal readonly ref struct Round
    {
        private readonly StackDriver _driver;

        internal Round(StackDriver driver)
        {
            _driver = driver;
            driver._roundThread = Environment.CurrentManagedThreadId;
        }

        /// <summary>
        /// Runs the waiters that the turns so far have woken, of sockets that ask for it
        /// (<see cref="TcpSocket.ContinuesInline"/>).
        /// </summary>
        public void Continue()
        {
            var inline = _driver._inline;
            for (var i = 0; i < inline.Count; i++) // Their own turns may wake others
            {
                inline[i].Execute();
            }

            inline.Clear();
        }

        /// <summary>Ends the round, and sends.</summary>
        public void Dispose()
        {
            _driver._roundThread = 0;
            using var turn = _driver.BeginTurn();
        }
    }
}
