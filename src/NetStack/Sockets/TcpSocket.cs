using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using System.Threading.Tasks.Sources;

namespace Onetun.NetStack;

/// <summary>
/// A TCP connection as a pair of pipes. Data not yet consumed from <see cref="Input"/> takes up the receive window, and data
/// not yet acknowledged by the peer makes the flush of <see cref="Output"/> wait. Completing <see cref="Output"/> sends a FIN
/// and leaves <see cref="Input"/> open (half-close); completing it with an exception sends a reset. If the connection fails,
/// reads and flushes fail like those of a .NET network stream, with an <see cref="IOException"/> whose inner exception is a
/// <see cref="SocketException"/>. If the socket is disposed, waiting ones fail the same way with
/// <see cref="SocketError.OperationAborted"/>, and later ones with an <see cref="ObjectDisposedException"/>.
/// </summary>
public sealed class TcpSocket : IDuplexPipe, IAsyncDisposable, IValueTaskSource, IConnectionOwner
{
    private readonly StackDriver _driver;
    private readonly TcpConnection _connection;
    private readonly TcpReader _input;
    private readonly TcpWriter _output;
    private readonly Signal _connected = new();
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
                _input.Signal.IsInline = _output.Signal.IsInline = _connected.IsInline = value;
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

    /// <summary>Aborts the connection with a reset. Idempotent.</summary>
    public void Abort()
    {
        using var turn = _driver.BeginTurn();
        _connection.Abort();
    }

    /// <summary>The connection as a stream, whose disposal disposes the socket.</summary>
    public Stream AsStream() => new DuplexStream(this);

    /// <summary>
    /// Closes both directions without waiting. The connection becomes an orphan, which still delivers what was written, and the
    /// FIN after it, for as long as its driver runs; but it is reset if received data is left unread. Idempotent.
    /// </summary>
    public ValueTask DisposeAsync()
    {
        Close();
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc cref="DisposeAsync"/>
    internal void Close()
    {
        using var turn = _driver.BeginTurn();
        ((IConnectionOwner)this).Close(turn.Now);
    }

    /// <inheritdoc/>
    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _connected.GetStatus(token);

    /// <inheritdoc/>
    void IValueTaskSource.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _connected.OnCompleted(continuation, state, token, flags);

    /// <inheritdoc/>
    void IValueTaskSource.GetResult(short token) => _connected.GetResult(token);

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
        }

        if (ended || (events & TcpEvents.Writable) != 0)
        {
            _driver.Wake(_output.Signal);
        }
    }

    internal async ValueTask WaitConnectedAsync(CancellationToken cancellationToken)
    {
        short token;
        lock (_driver.Lock)
        {
            if (_connection.IsSynchronized)
            {
                return;
            }

            TcpFailure.ThrowIfFailed(_connection);
            token = _connected.Arm();
        }

        using (cancellationToken.UnsafeRegister(static socket => ((TcpSocket)socket!).Abort(), this))
        {
            await new ValueTask(this, token).ConfigureAwait(false);
        }

        cancellationToken.ThrowIfCancellationRequested();
        lock (_driver.Lock)
        {
            if (_disposed)
            {
                throw new SocketException((int)SocketError.OperationAborted); // The stack has ended meanwhile
            }

            TcpFailure.ThrowIfFailed(_connection);
        }
    }
}
