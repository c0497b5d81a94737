using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;
using Pipelines.Sockets.Unofficial;

namespace Onetun.Tunnel.Forwarding;

/// <summary>
/// A local TCP connection. What arrives is waited for by the thread that drives a tunnel, where there is one that can, and comes
/// through a <see cref="SocketConnection"/> otherwise; what is sent goes to the socket from the memory it lies in. The package's own
/// sending loop would copy it once more, and when a client resets, it returns its buffers to the shared pool under the hands of
/// whoever writes to them.
/// </summary>
internal sealed class LocalConnection : IRelayEnd, IAsyncDisposable
{
    // It is inline: the thread that the socket completes on copies into the tunnel and sends, without a hop. Segments are
    // large, so that a system call moves 64 KiB. Each is taken before the next is read: what waits for a busy tunnel waits in
    // the system's buffer, which gives it out before a reset, where a pipe reports the reset at once.
    private static readonly PipeOptions Pipe = new(
        readerScheduler: PipeScheduler.Inline,
        writerScheduler: PipeScheduler.Inline,
        pauseWriterThreshold: 1,
        resumeWriterThreshold: 1,
        minimumSegmentSize: 64 * 1024,
        useSynchronizationContext: false);

    // After this a socket of Linux that was closed altogether answers with RST (tcp_fin_timeout); until then it looks half closed.
    private const int ClosedPeerSeconds = 60;

    private readonly Socket _socket;
    private PipeReader? _input;
    private GatheringSend? _gathering;
    private volatile SocketError _broken;
    private bool _asksSoon;
    private volatile bool _outputEnded;

    /// <summary>Takes the socket over, and begins to receive unless it is watched.</summary>
    /// <param name="socket">The socket.</param>
    /// <param name="tunnel">
    /// Where all that arrives goes, if all that is done with it is that: waiting reads continue on the thread that drives it.
    /// </param>
    public LocalConnection(Socket socket, TunnelNetwork? tunnel = null)
    {
        _socket = socket;
        socket.Blocking = false; // What asks must not wait
        Watched = OperatingSystem.IsLinux() && tunnel?.TryWatch(socket) is { } watch ? new WatchedInput(socket, watch) : null;
        _input = Watched is null ? Receive() : null;
    }

    public WatchedInput? Watched { get; }

    public PipeReader Input => _input ??= Receive();

    public void CancelPendingRead()
    {
        _input?.CancelPendingRead();
        if (OperatingSystem.IsLinux())
        {
            Watched?.Cancel();
        }
    }

    public ValueTask WriteAsync(ReadOnlySequence<byte> data)
    {
        try
        {
            // What the system takes at once needs no state of .NET's for a send that may wait: 0.3 KB of each connection
            var rest = data.IsEmpty ? data : data.Slice(Send(data));
            return rest.IsEmpty ? ValueTask.CompletedTask : WriteRestAsync(rest);
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            return ValueTask.FromException(error);
        }
    }

    public ValueTask EndOutputAsync()
    {
        _outputEnded = true;
        try
        {
            _socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // It has ended on its own already, as a read tells.
        }

        return ValueTask.CompletedTask;
    }

    public bool IsDelivered => _socket.AddressFamily == AddressFamily.Unix || HasEndAcknowledged();

    public bool IsSent => _socket.AddressFamily == AddressFamily.Unix || HasNothingToSend();

    public SocketError ProbeInput()
    {
        Note(Probe());
        return _broken;
    }

    public SocketError ProbeOutput()
    {
        AskSoon();
        // It takes no more once its output was ended.
        return Probe() is var error && !_outputEnded ? error : SocketError.Success;
    }

    public void Abort()
    {
        Reset(_socket);
        EndWatch();
    }

    /// <summary>Closes the socket; what was written is the kernel's to deliver.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_input is not null)
        {
            await _input.CompleteAsync().ConfigureAwait(false);
        }

        // The connection's own Dispose would end a receive that the kernel may still be at (Windows).
        _socket.Dispose();
        EndWatch();
        _gathering?.Dispose();
    }

    /// <summary>Has the system find out when the peer is gone without a word (RFC 9293 §3.8.4), at its own pace.</summary>
    public static void KeepAlive(Socket socket) =>
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);

    // With zero-length reads an idle connection holds no buffer.
    private PipeReader Receive() => SocketConnection.Create(
        _socket, Pipe, SocketConnectionOptions.ZeroLengthReads | SocketConnectionOptions.InlineReads).Input;

    /// <summary>How many bytes the system takes without a wait.</summary>
    private int Send(ReadOnlySequence<byte> data)
    {
        var sent = data.IsSingleSegment
            ? _socket.Send(data.FirstSpan, SocketFlags.None, out var error)
            : (_gathering ??= new GatheringSend()).Send(_socket, data, out error);
        if (error is not (SocketError.Success or SocketError.WouldBlock))
        {
            Note(error);
            throw new SocketException((int)error);
        }

        return error == SocketError.Success ? sent : 0;
    }

    private async ValueTask WriteRestAsync(ReadOnlySequence<byte> data)
    {
        try
        {
            while (!data.IsEmpty)
            {
                var sent = data.IsSingleSegment
                    ? await _socket.SendAsync(data.First, SocketFlags.None).ConfigureAwait(false)
                    : await (_gathering ??= new GatheringSend()).SendAsync(_socket, data).ConfigureAwait(false);
                data = data.Slice(sent);
            }
        }
        catch (SocketException error)
        {
            Note(error.SocketErrorCode);
            throw;
        }
    }

    private void EndWatch()
    {
        if (OperatingSystem.IsLinux())
        {
            Watched?.EndWaits();
        }
    }

    /// <summary>Sends nothing, which a socket takes as long as its peer is there, or has too much to send.</summary>
    private SocketError Probe()
    {
        try
        {
            _socket.Send(ReadOnlySpan<byte>.Empty, SocketFlags.None, out var error);
            return error is SocketError.WouldBlock ? SocketError.Success : error;
        }
        catch (ObjectDisposedException)
        {
            return SocketError.OperationAborted;
        }
    }

    /// <summary>
    /// A system reports a reset once, to whoever asks first, and reads then end as if the peer had ended: it is kept. With
    /// Shutdown (EPIPE) its end came before the reset, and all that it sent is still there.
    /// </summary>
    private void Note(SocketError error)
    {
        if (error is not (SocketError.Success or SocketError.Shutdown))
        {
            _broken = error;
        }
    }

    private bool HasEndAcknowledged()
    {
        const byte finWait2 = 5;
        Span<byte> info = stackalloc byte[1];
        return TryReadTcpInfo(info) && info[0] == finWait2;
    }

    private bool HasNothingToSend()
    {
        const byte closed = 7;
        const int unacknowledged = 24, notSent = 144; // tcpi_unacked, tcpi_notsent_bytes
        Span<byte> info = stackalloc byte[notSent + sizeof(uint)];
        return !TryReadTcpInfo(info)
            || info[0] == closed
            || (BitConverter.ToUInt32(info[unacknowledged..]) == 0 && BitConverter.ToUInt32(info[notSent..]) == 0);
    }

    /// <summary>Linux's tcp_info, which begins with the state; false elsewhere, and of a socket that has ended.</summary>
    private bool TryReadTcpInfo(Span<byte> info)
    {
        const int tcpLevel = 6, tcpInfo = 11;
        try
        {
            return OperatingSystem.IsLinux() && _socket.GetRawSocketOption(tcpLevel, tcpInfo, info) == info.Length;
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            return false;
        }
    }

    /// <summary>Has the system ask a silent peer whether it is there, before long.</summary>
    private void AskSoon()
    {
        if (_asksSoon || _socket.AddressFamily == AddressFamily.Unix)
        {
            return;
        }

        _asksSoon = true;
        try
        {
            _socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, ClosedPeerSeconds);
        }
        catch (Exception error) when (error is SocketException or PlatformNotSupportedException or ObjectDisposedException)
        {
            // Where the system cannot, it asks in its own time.
        }
    }

    /// <summary>Closes a socket so that its peer sees RST.</summary>
    public static void Reset(Socket socket)
    {
        try
        {
            socket.LingerState = new LingerOption(true, 0);
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // It has ended on its own already.
        }

        socket.Dispose();
    }
}
