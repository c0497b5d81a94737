namespace Onetun.Forwarder.Forwarding;

/// <summary>The datagrams of one client of one forward, which end when they have been silent for long enough.</summary>
internal abstract class DatagramFlow : IAsyncDisposable
{
    private long _lastActive;

    /// <summary>When a datagram last passed, in timestamps of the clock.</summary>
    public long LastActive => Interlocked.Read(ref _lastActive);

    /// <summary>A datagram passes.</summary>
    public void Touch(TimeProvider time) => Interlocked.Exchange(ref _lastActive, time.GetTimestamp());

    /// <summary>Gives up its ports.</summary>
    public abstract ValueTask DisposeAsync();
}
