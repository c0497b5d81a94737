using System.Net;
using Onetun.Tunnel.Forwarding;

namespace Onetun.Tunnel;

/// <summary>
/// A port on one side, whose connections or datagrams are carried to a destination on the other until this, or the network, is disposed.
/// </summary>
public sealed class TunnelForward : IAsyncDisposable
{
    private readonly IForward _forward;
    private readonly Action<TunnelForward> _ended;
    private readonly CancellationTokenSource _hurry = new();
    private Task? _ending;

    internal TunnelForward(IForward forward, EndPoint destination, Action<TunnelForward> ended)
    {
        (_forward, Destination, _ended) = (forward, destination, ended);
    }

    /// <summary>Where connections or datagrams are taken, with the port that was chosen for port 0.</summary>
    public EndPoint Source => _forward.Source;

    /// <summary>Where they are carried to.</summary>
    public EndPoint Destination { get; }

    /// <summary>What it has carried so far.</summary>
    public ForwardStatistics GetStatistics() => ForwardStatistics.Of(_forward.Traffic);

    /// <summary>
    /// Takes nothing more, and lets connections end by themselves for at most a time; what is left then is reset. Of several calls, those of
    /// <see cref="DisposeAsync"/> included, the one with the least time counts.
    /// </summary>
    /// <param name="drain">Not negative; <see cref="Timeout.InfiniteTimeSpan"/> is no limit.</param>
    public async Task StopAsync(TimeSpan drain)
    {
        using var patience = new CancellationTokenSource(drain);
        await End().WaitAsync(patience.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Takes nothing more, and resets its connections. Idempotent.</summary>
    public async ValueTask DisposeAsync()
    {
        await _hurry.CancelAsync().ConfigureAwait(false);
        await End().ConfigureAwait(false);
    }

    private Task End()
    {
        lock (_hurry)
        {
            return _ending ??= EndAsync();
        }
    }

    private async Task EndAsync()
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding); // Out of the lock
        _ended(this);
        await _forward.StopAsync(_hurry.Token).ConfigureAwait(false);
        await _forward.DisposeAsync().ConfigureAwait(false);
    }
}
