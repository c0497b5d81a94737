using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using System.Threading.Tasks.Sources;

namespace Onetun.NetStack;

/// <summary>
/// A TCP connection inside the tunnel, as a pair of pipes. What the application has not consumed from
/// <see cref="Input"/> keeps the receive window shut; what the peer has not acknowledged keeps the flush of
/// <see cref="Output"/> waiting. Completing <see cref="Output"/> sends FIN and leaves <see cref="Input"/> open
/// (half-close); completing it with an exception sends RST. Of a connection that ends badly, reads and flushes fail as those
/// of a .NET stream do: with an <see cref="IOException"/> that has the <see cref="SocketException"/> inside. Disposed, it ends
/// those that wait with <see cref="SocketError.OperationAborted"/> in it, and later ones fail with
/// <see cref="ObjectDisposedException"/>.
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

    /// <summary>Our end.</summary>
    public IPEndPoint LocalEndPoint => new(_connection.Flow.Local.ToIPAddress(), _connection.Flow.LocalPort);

    /// <summary>The peer's end.</summary>
    public IPEndPoint RemoteEndPoint => new(_connection.Flow.Remote.ToIPAddress(), _connection.Flow.RemotePort);

    /// <summary>What may be changed while the connection stands.</summary>
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
    /// Reads and flushes that waited go on where the stack is driven, with its lock released, and not on the thread pool, wherever
    /// the driver can: one switch of threads less each way, for which the whole stack waits. To be set before they wait, for code
    /// that copies and hands on; what blocks, or computes for long, goes to the thread pool by itself.
    /// </summary>
    public bool ContinuesInline
    {
        get => _input.Signal.IsInline;
        set
        {
            lock (_driver.Lock)
            {
                _input.Signal.IsInline = _output.Signal.IsInline = value;
            }
        }
    }

    /// <summary>
    /// What ended the connection badly, as flushes of <see cref="Output"/> tell it; success until then, and after a good end.
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
    /// The same as reads of <see cref="Input"/> tell it once they have all that came before: success too if the peer's end
    /// was in that.
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

    /// <summary><see cref="Output"/> has been completed, and the peer has acknowledged all of it.</summary>
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

    /// <summary>Bytes flushed that the peer has not acknowledged; none of a connection that has ended.</summary>
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

    /// <summary>How the connection does, now; of one that has ended, how it did.</summary>
    public TcpStatistics GetStatistics()
    {
        lock (_driver.Lock)
        {
            return TcpStatistics.Of(_connection);
        }
    }

    /// <summary>Ends the connection at once with RST. Idempotent.</summary>
    public void Abort()
    {
        using var turn = _driver.BeginTurn();
        _connection.Abort();
    }

    /// <summary>The connection as a stream.</summary>
    public Stream AsStream() => new DuplexStream(this);

    /// <summary>
    /// Closes both directions and lets go of the connection, which delivers in its own time what was written, and FIN behind it;
    /// or resets it when received data is left unread. The end of the tunnel gives it what its options say.
    /// </summary>
    public ValueTask DisposeAsync()
    {
        Close();
        return ValueTask.CompletedTask;
    }

    /// <summary>Never waits: the connection is let go of, not closed in place.</summary>
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
            TcpFailure.ThrowIfFailed(_connection);
        }
    }
}
