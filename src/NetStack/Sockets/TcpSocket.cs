using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;

namespace Onetun.NetStack;

/// <summary>
/// A TCP connection as a pair of pipes. Data not yet consumed from <see cref="Input"/> takes up the receive window, and data
/// not yet acknowledged by the peer makes the flush of <see cref="Output"/> wait. Completing <see cref="Output"/> sends a FIN
/// and leaves <see cref="Input"/> open (half-close); completing it with an exception sends a reset. If the connection fails,
/// reads and flushes fail like those of a .NET network stream, with an <see cref="IOException"/> whose inner exception is a
/// <see cref="SocketException"/>. If the socket is disposed, waiting ones fail the same way with
/// <see cref="SocketError.OperationAborted"/>, and later ones with an <see cref="ObjectDisposedException"/>.
/// </summary>
public sealed class TcpSocket : IDuplexPipe, IAsyncDisposable, IConnectionOwner
{
    private readonly StackDriver _driver;
    private readonly TcpConnection _connection;
    private readonly TcpReader _input;
    private readonly TcpWriter _output;
    private Signal? _connected; // While somebody waits for the handshake
    private CancellationTokenSource? _closed; // Made for those who ask
    private TaskCompletionSource? _delivery;
    private bool _lingers;
    private volatile bool _disposed;

    internal TcpSocket(StackDriver driver, TcpConnection connection)
    {
        _driver = driver;
        _connection = connection;
        _input = new TcpReader(driver, connection);
        _output = new TcpWriter(driver, connection);
        connection.Owner = this;
    }

    /// <inheritdoc/>
    public PipeReader Input => _input;

    /// <inheritdoc/>
    public PipeWriter Output => _output;

    /// <summary>Our address and port.</summary>
    public IPEndPoint LocalEndPoint => new(_connection.Flow.Local.ToIPAddress(), _connection.Flow.LocalPort);

    /// <summary>The peer's address and port.</summary>
    public IPEndPoint RemoteEndPoint => new(_connection.Flow.Remote.ToIPAddress(), _connection.Flow.RemotePort);

    /// <summary>The options of this connection, which may be replaced at any time.</summary>
    /// <exception cref="ArgumentNullException">The value is null.</exception>
    public TcpSocketOptions Options
    {
        get
        {
            lock (_driver.Lock)
            {
                return _connection.Options;
            }
        }

        set
        {
            ArgumentNullException.ThrowIfNull(value);
            using var turn = _driver.BeginTurn();
            _connection.Configure(value);
        }
    }

    /// <summary>
    /// Whether reads and flushes that waited continue on the thread that drives the stack, with its lock released, instead of
    /// the thread pool, if the driver has rounds; default false. It saves a thread switch each way, but the whole stack waits
    /// meanwhile. To be set before they wait, and for code that only copies and passes on: what blocks, or computes for long,
    /// must move to the thread pool by itself.
    /// </summary>
    public bool ContinuesInline
    {
        get => _input.Signal.IsInline;
        set
        {
            lock (_driver.Lock)
            {
                _input.Signal.IsInline = _output.IsInline = value;
            }
        }
    }

    /// <summary>
    /// The error with which flushes of <see cref="Output"/> fail; success unless the connection has failed.
    /// </summary>
    public SocketError OutputError
    {
        get
        {
            lock (_driver.Lock)
            {
                return TcpFailure.Error(_connection);
            }
        }
    }

    /// <summary>
    /// The error with which reads of <see cref="Input"/> fail once all data received before is read; success unless the
    /// connection has failed, and also if the peer's FIN was received before.
    /// </summary>
    public SocketError InputError
    {
        get
        {
            lock (_driver.Lock)
            {
                return _connection.InputIsWhole ? SocketError.Success : TcpFailure.Error(_connection);
            }
        }
    }

    /// <summary>Whether <see cref="Output"/> is completed, and the peer has acknowledged all of it, the FIN included.</summary>
    public bool IsOutputAcknowledged
    {
        get
        {
            lock (_driver.Lock)
            {
                return _connection.Sender.FinAcknowledged;
            }
        }
    }

    /// <summary>
    /// Cancelled once the peer's FIN was received, read or not, or the connection has ended in any other way, as by disposal. A FIN
    /// is received after the data before it, for which there has to be room. Callbacks run on the thread pool; what they throw is
    /// ignored.
    /// </summary>
    public CancellationToken Closed
    {
        get
        {
            lock (_driver.Lock)
            {
                return IsClosed ? new CancellationToken(canceled: true) : (_closed ??= new CancellationTokenSource()).Token;
            }
        }
    }

    /// <summary>Bytes flushed and not yet acknowledged by the peer; 0 once the connection has ended.</summary>
    public long UnacknowledgedBytes
    {
        get
        {
            lock (_driver.Lock)
            {
                return _connection.Sender.Buffer.Length;
            }
        }
    }

    /// <summary>The statistics of the connection; its last ones if it has ended.</summary>
    public TcpStatistics GetStatistics()
    {
        lock (_driver.Lock)
        {
            return TcpStatistics.Of(_connection);
        }
    }

    /// <summary>
    /// Completes <see cref="Output"/>, if it is not, and waits until the peer has acknowledged all of it, the FIN included
    /// (<see cref="IsOutputAcknowledged"/>). <see cref="Input"/> stays open.
    /// </summary>
    /// <param name="cancellationToken">Ends the wait alone: the output stays completed, and is delivered.</param>
    /// <exception cref="IOException">
    /// The connection has failed, or the socket was disposed meanwhile; the inner exception is a <see cref="SocketException"/>.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The socket is disposed.</exception>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    public async ValueTask CloseWriteAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        await BeginDelivery().WaitAsync(cancellationToken).ConfigureAwait(false);
        lock (_driver.Lock)
        {
            if (!_connection.Sender.FinAcknowledged)
            {
                throw (_disposed ? null : TcpFailure.Of(_connection)) ?? TcpFailure.Of(SocketError.OperationAborted);
            }
        }
    }

    /// <summary>
    /// Completes both directions, and discards what is received unread, until the peer has acknowledged everything written, and the
    /// FIN after it, or a time is over; then closes the socket like <see cref="DisposeAsync"/>. Ends at once if the connection
    /// fails, and closes it at once if it is called again, or the socket or its driver is disposed meanwhile.
    /// </summary>
    /// <param name="linger">
    /// The longest wait; not negative. Zero closes at once: unlike with a wait, unread data then resets the connection, and what was
    /// written may be lost. <see cref="TimeSpan.MaxValue"/> waits for as long as the connection lives.
    /// </param>
    /// <param name="cancellationToken">Ends the wait; the socket is closed all the same.</param>
    /// <returns>Whether everything was acknowledged.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The time is negative.</exception>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    public async ValueTask<bool> CloseAsync(TimeSpan linger, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(linger, TimeSpan.Zero);
        try
        {
            await BeginLinger(linger).WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            Close();
        }

        return IsOutputAcknowledged;
    }

    /// <summary>Aborts the connection with a reset. Idempotent.</summary>
    public void Abort()
    {
        using var turn = _driver.BeginTurn();
        _connection.Abort();
    }

    /// <summary>The connection as a stream, whose disposal disposes the socket.</summary>
    public Stream AsStream() => new DuplexStream(this);

    /// <summary>
    /// Closes both directions, after <see cref="CloseAsync"/> for <see cref="TcpSocketOptions.Linger"/>, or without waiting if that is zero. The connection becomes an orphan, which still delivers what was written, and the
    /// FIN after it, for as long as its driver runs; but it is reset if received data is left unread. Idempotent.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        if (Options.Linger is not { Ticks: > 0 } linger)
        {
            Close();
            return;
        }

        var closing = CloseAsync(linger);
        if (_driver.Lingers)
        {
            await closing.ConfigureAwait(false);
        }
        else
        {
            _ = closing.AsTask();
        }
    }

    /// <inheritdoc cref="DisposeAsync"/>
    internal void Close()
    {
        using var turn = _driver.BeginTurn();
        ((IConnectionOwner)this).Close(turn.Now);
    }

    internal bool IsDisposed => _disposed;

    /// <inheritdoc/>
    void IConnectionOwner.Close(TimeSpan now)
    {
        if (!_disposed)
        {
            _disposed = true;
            _input.Close();
            _output.Close();
            _connection.Orphan(now);
            _driver.Wake(_connected);
            TellClosed();
            _delivery?.TrySetResult();
        }
    }

    /// <inheritdoc/>
    void IConnectionOwner.OnEvents(TcpEvents events)
    {
        var ended = (events & TcpEvents.Ended) != 0;
        if (ended || (events & TcpEvents.Connected) != 0)
        {
            _driver.Wake(_connected);
        }

        if (ended || (events & TcpEvents.Readable) != 0)
        {
            _driver.Wake(_input.Signal);
            TellClosed();
        }

        if (ended || (events & TcpEvents.Writable) != 0)
        {
            _driver.Wake(_output.Signal);
        }

        if (ended || (events & (TcpEvents.Delivered | TcpEvents.Lingered)) != 0)
        {
            _delivery?.TrySetResult(); // Continues on the thread pool
        }
    }

    internal async ValueTask WaitConnectedAsync(CancellationToken cancellationToken)
    {
        ValueTask connected;
        lock (_driver.Lock)
        {
            if (_connection.IsSynchronized)
            {
                return;
            }

            TcpFailure.ThrowIfFailed(_connection);
            _connected = new Signal { IsInline = ContinuesInline };
            connected = new ValueTask(_connected, _connected.Arm());
        }

        using (cancellationToken.UnsafeRegister(static socket => ((TcpSocket)socket!).Abort(), this))
        {
            await connected.ConfigureAwait(false);
        }

        cancellationToken.ThrowIfCancellationRequested();
        lock (_driver.Lock)
        {
            _connected = null; // And with it the state of this method
            if (_disposed)
            {
                throw new SocketException((int)SocketError.OperationAborted); // The stack has ended meanwhile
            }

            TcpFailure.ThrowIfFailed(_connection);
        }
    }

    private bool IsClosed => _disposed || _connection.InputEnded;

    /// <summary>Under the lock, under which nothing of the application's may run.</summary>
    private void TellClosed()
    {
        if (_closed is { } source && IsClosed)
        {
            _closed = null;
            ThreadPool.UnsafeQueueUserWorkItem(Cancel, source, preferLocal: false);
        }
    }

    private static void Cancel(CancellationTokenSource source)
    {
        try
        {
            source.Cancel();
        }
        catch (AggregateException)
        {
            // All callbacks have run, and what they threw is not for this thread to handle
        }
    }

    /// <summary>Completes the output; the task ends when it is delivered, or the connection or the socket has ended.</summary>
    private Task BeginDelivery()
    {
        using var turn = _driver.BeginTurn();
        ObjectDisposedException.ThrowIf(_disposed, this);
        CompleteOutput();
        if (_connection.Sender.FinAcknowledged || _connection.State == TcpState.Closed)
        {
            return Task.CompletedTask;
        }

        _delivery ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return _delivery.Task;
    }

    /// <summary>Completes both directions; the task ends when the socket is to be closed.</summary>
    private Task BeginLinger(TimeSpan limit)
    {
        using var turn = _driver.BeginTurn();
        if (limit == TimeSpan.Zero || _lingers || _disposed)
        {
            return Task.CompletedTask;
        }

        _lingers = true;
        var delivery = BeginDelivery();
        CompleteInput();
        _connection.Linger(turn.Now, limit);
        return delivery;
    }

    // A turn is no place to wait, and completing these never does
    private void CompleteOutput() => _output.Complete();

    private void CompleteInput() => _input.Complete();
}
