using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Runtime.Versioning;

namespace Onetun.Tunnel.Forwarding;

/// <summary>
/// What arrives at a socket, waited for by the thread that drives the tunnel. A read of nothing waits, and needs no buffer
/// meanwhile; others find something to read, or wait as .NET does. The socket is not blocking, and not ours.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed class WatchedStream(Socket socket, SocketWatch watch) : UnseekableStream
{
    private bool _isAwaited;

    public override bool CanRead => true;

    public override bool CanWrite => false;

    /// <inheritdoc cref="SocketWatch.Cancel"/>
    public void CancelWait() => watch.Cancel();

    /// <inheritdoc cref="SocketWatch.Dispose"/>
    public void EndWaits() => watch.Dispose();

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        buffer.IsEmpty ? WaitAsync(cancellationToken) : ReceiveAsync(buffer, cancellationToken);

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <summary>The wait of a read of nothing, which the next one then need not do. It throws nothing when it is ended by others.</summary>
    public ValueTask WaitAsync()
    {
        _isAwaited = true;
        return socket.Available > 0 ? ValueTask.CompletedTask : watch.WaitAsync();
    }

    /// <summary>What is there needs no state of .NET's for a receive that may wait: 0.3 KB of each connection.</summary>
    private ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        try
        {
            var received = socket.Receive(buffer.Span, SocketFlags.None, out var error);
            return error switch
            {
                SocketError.Success => ValueTask.FromResult(received),
                SocketError.WouldBlock => socket.ReceiveAsync(buffer, SocketFlags.None, cancellationToken),
                _ => ValueTask.FromException<int>(new SocketException((int)error)),
            };
        }
        catch (ObjectDisposedException error)
        {
            return ValueTask.FromException<int>(error);
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> WaitAsync(CancellationToken cancellationToken)
    {
        if (!_isAwaited && socket.Available == 0)
        {
            await watch.WaitAsync(cancellationToken).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
        }

        _isAwaited = false;
        return 0;
    }
}
