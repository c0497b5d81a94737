namespace Onetun.Forwarder.Forwarding;

/// <summary>What one forward or proxy has carried. Up is from whoever connected.</summary>
internal sealed class Traffic
{
    private long _started;
    private long _ended;
    private long _failed;
    private long _bytesUp;
    private long _bytesDown;

    /// <summary>Connections or flows that stood.</summary>
    public long Started => Interlocked.Read(ref _started);

    /// <summary>Those that go on.</summary>
    public long Open => Started - Interlocked.Read(ref _ended);

    /// <summary>Those that never stood.</summary>
    public long Failed => Interlocked.Read(ref _failed);

    public long BytesUp => Interlocked.Read(ref _bytesUp);

    public long BytesDown => Interlocked.Read(ref _bytesDown);

    public void Start() => Interlocked.Increment(ref _started);

    public void End() => Interlocked.Increment(ref _ended);

    public void Fail() => Interlocked.Increment(ref _failed);

    public void AddUp(long bytes) => Interlocked.Add(ref _bytesUp, bytes);

    public void AddDown(long bytes) => Interlocked.Add(ref _bytesDown, bytes);
}
