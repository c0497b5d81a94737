using System.Net.Sockets;
using System.Runtime.Versioning;

namespace Onetun.Tunnel.Forwarding;

/// <summary>
/// What arrives at a socket, waited for by the thread that drives the tunnel, and received straight to where it leaves from: an
/// idle connection holds neither a buffer nor a reader's state. The socket does not block, and is not ours.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed class WatchedInput(Socket socket, SocketWatch watch)
{
    private bool _wasAwaited;
    private volatile bool _isCancelled;
    private CancellationTokenSource? _aside;

    /// <summary>
    /// How many bytes have arrived: zero if only a receive can tell whether that is the end, and -1 if it is to be waited for.
    /// </summary>
    /// <exception cref="OperationCanceledException">The connection is ended here.</exception>
    public int Look()
    {
        if (_isCancelled)
        {
            throw new OperationCanceledException("The connection was reset here.");
        }

        return socket.Available is > 0 and var available ? available : _wasAwaited ? 0 : -1;
    }

    /// <summary>Receives what has arrived; how many bytes: zero at the end, and -1 if nothing has.</summary>
    /// <exception cref="SocketException">The connection has ended badly.</exception>
    public int Receive(Span<byte> room)
    {
        var received = socket.Receive(room, SocketFlags.None, out var error);
        if (error == SocketError.WouldBlock)
        {
            return -1;
        }

        if (error != SocketError.Success)
        {
            throw new SocketException((int)error);
        }

        _wasAwaited = false;
        return received;
    }

    /// <summary>
    /// Ends when it is worth a look, without a reason now and then. It continues in a round of the tunnel (<see cref="SocketWatch"/>).
    /// </summary>
    public ValueTask WaitAsync()
    {
        var waiting = _wasAwaited ? WaitAsideAsync() : watch.WaitAsync();
        _wasAwaited = true;
        if (_isCancelled)
        {
            CancelWait(); // Between the look and the wait
        }

        return waiting;
    }

    /// <summary>Has the next look throw, and ends a wait. From any thread.</summary>
    public void Cancel()
    {
        _isCancelled = true;
        CancelWait();
    }

    /// <inheritdoc cref="SocketWatch.Dispose"/>
    public void EndWaits() => watch.Dispose();

    /// <summary>After a wait in vain, as when the tunnel's thread hears of no socket any more, .NET waits.</summary>
    private ValueTask WaitAsideAsync()
    {
        var aside = new CancellationTokenSource();
        Interlocked.Exchange(ref _aside, aside);
        return new ValueTask(socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None, aside.Token).AsTask());
    }

    private void CancelWait()
    {
        watch.Cancel();
        _aside?.Cancel();
    }
}
