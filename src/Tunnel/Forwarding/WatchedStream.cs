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
        buffer.IsEmpty ? WaitAsync(cancellationToken) : socket.ReceiveAsync(buffer, SocketFlags.None, cancellationToken);

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <summary>The wait of a read of nothing, which the next one then need not do. It throws nothing when it is ended by others.</summary>
    public ValueTask WaitAsync()
    {
        _isAwaited = true;
        return socket.Available > 0 ? ValueTask.CompletedTask : watch.WaitAsync();
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
