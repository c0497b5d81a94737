namespace Onetun.Capture.Tests;

/// <summary>A file whose writes wait until it is opened.</summary>
internal sealed class GatedStream : Stream
{
    private readonly TaskCompletionSource _entered = new();
    private readonly ManualResetEventSlim _open = new();

    public Task Entered => _entered.Task;

    public MemoryStream Written { get; } = new();

    public long FlushedLength { get; private set; }

    public Exception? Failure { get; init; }

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => Written.Length;

    public override long Position
    {
        get => Written.Position;
        set => throw new NotSupportedException();
    }

    public void Open() => _open.Set();

    public override void Write(byte[] buffer, int offset, int count)
    {
        _entered.TrySetResult();
        _open.Wait();
        if (Failure is not null)
        {
            throw Failure;
        }

        Written.Write(buffer, offset, count);
    }

    public override void Flush() => FlushedLength = Written.Length;

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
