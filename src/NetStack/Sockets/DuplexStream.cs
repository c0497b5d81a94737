namespace Onetun.NetStack;

/// <summary>The two pipes of a connection as one stream. Disposing it closes the connection.</summary>
internal sealed class DuplexStream(TcpSocket socket) : Stream
{
    private readonly Stream _read = socket.Input.AsStream(leaveOpen: true);
    private readonly Stream _write = socket.Output.AsStream(leaveOpen: true);

    public override bool CanRead => !socket.IsDisposed;

    public override bool CanWrite => !socket.IsDisposed;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        _read.ReadAsync(buffer, cancellationToken);

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        _read.ReadAsync(buffer, offset, count, cancellationToken);

    public override int Read(byte[] buffer, int offset, int count) => _read.Read(buffer, offset, count);

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        _write.WriteAsync(buffer, cancellationToken);

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        _write.WriteAsync(buffer, offset, count, cancellationToken);

    public override void Write(byte[] buffer, int offset, int count) => _write.Write(buffer, offset, count);

    // Every write is flushed, so that there is nothing left to flush once it is disposed
    public override Task FlushAsync(CancellationToken cancellationToken) =>
        socket.IsDisposed ? Task.CompletedTask : _write.FlushAsync(cancellationToken);

    public override void Flush()
    {
        if (!socket.IsDisposed)
        {
            _write.Flush();
        }
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override async ValueTask DisposeAsync()
    {
        await socket.DisposeAsync().ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
        GC.SuppressFinalize(this);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            socket.Close();
        }

        base.Dispose(disposing);
    }
}
