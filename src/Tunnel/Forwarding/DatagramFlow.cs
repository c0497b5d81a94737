namespace Onetun.Tunnel.Forwarding;

/// <summary>The datagrams of one client of one forward, which end when they have been silent for long enough.</summary>
/// <param name="traffic">Where they count.</param>
/// <param name="time">The clock.</param>
internal abstract class DatagramFlow(Traffic traffic, TimeProvider time) : IAsyncDisposable
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

    /// <summary>Counts its silence from now on.</summary>
    public void Touch() => Interlocked.Exchange(ref _lastActive, time.GetTimestamp());

    /// <summary>Gives up its ports.</summary>
    public abstract ValueTask DisposeAsync();

    /// <summary>A datagram of the client passes, of so many bytes.</summary>
    protected void OnUp(int length)
    {
        Touch();
        traffic.AddUp(length);
    }

    /// <summary>An answer passes, of so many bytes.</summary>
    protected void OnDown(int length)
    {
        Touch();
        _isAnswered = true;
        traffic.AddDown(length);
    }
}
