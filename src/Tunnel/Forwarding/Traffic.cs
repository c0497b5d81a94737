namespace Onetun.Tunnel.Forwarding;

/// <summary>What one forward or proxy has carried. Up is from whoever connected.</summary>
internal sealed class Traffic
{
    private long _started;
    private long _ended;
    private long _failed;
    private long _refused;
    private long _denied;
    private long _idle;
    private long _bytesUp;
    private long _bytesDown;

    /// <summary>Connections or flows that were established.</summary>
    public long Started => Interlocked.Read(ref _started);

    /// <summary>Those that go on.</summary>
    public long Open => Started - Interlocked.Read(ref _ended);

    /// <summary>Those that never were.</summary>
    public long Failed => Interlocked.Read(ref _failed);

    /// <summary>Those that were too many.</summary>
    public long Refused => Interlocked.Read(ref _refused);

    /// <summary>Those that were refused for their password.</summary>
    public long Denied => Interlocked.Read(ref _denied);

    /// <summary>Those that ended for their silence.</summary>
    public long Idle => Interlocked.Read(ref _idle);

    public long BytesUp => Interlocked.Read(ref _bytesUp);

    public long BytesDown => Interlocked.Read(ref _bytesDown);

    /// <summary>The same as it stands now.</summary>
    public Traffic Copy() => new()
    {
        _ended = Interlocked.Read(ref _ended), // Before those that started, so that it never has more
        _started = Started,
        _failed = Failed,
        _refused = Refused,
        _denied = Denied,
        _idle = Idle,
        _bytesUp = BytesUp,
        _bytesDown = BytesDown,
    };

    public void Start() => Interlocked.Increment(ref _started);

    public void End() => Interlocked.Increment(ref _ended);

    public void Fail() => Interlocked.Increment(ref _failed);

    public void Refuse() => Interlocked.Increment(ref _refused);

    public void Deny() => Interlocked.Increment(ref _denied);

    public void EndIdle() => Interlocked.Increment(ref _idle);

    public void AddUp(long bytes) => Interlocked.Add(ref _bytesUp, bytes);

    public void AddDown(long bytes) => Interlocked.Add(ref _bytesDown, bytes);
}
