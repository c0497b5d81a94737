namespace Onetun.Forwarder.Forwarding;

/// <summary>The datagrams of one client of one forward, which end when they have been silent for long enough.</summary>
internal abstract class DatagramFlow : IAsyncDisposable
{
    private long _lastActive;
    private volatile bool _isAnswered;

    /// <summary>When a datagram last passed, in timestamps of the clock.</summary>
    public long LastActive => Interlocked.Read(ref _lastActive);

    /// <summary>
    /// Which of two has to go when there are too many: one that nobody has answered before one that somebody has, for a flood
    /// is not answered; then the one that has been silent for longer.
    /// </summary>
    public (bool IsAnswered, long LastActive) Worth => (_isAnswered, LastActive);

    /// <summary>An answer passes.</summary>
    public void Answered(TimeProvider time)
    {
        Touch(time);
        _isAnswered = true;
    }

    /// <summary>A datagram passes.</summary>
    public void Touch(TimeProvider time) => Interlocked.Exchange(ref _lastActive, time.GetTimestamp());

    /// <summary>Gives up its ports.</summary>
    public abstract ValueTask DisposeAsync();
}
