using Microsoft.Extensions.Logging;

namespace Onetun.Forwarder.Forwarding;

/// <summary>The connections that go on, so that they can be waited for, or reset.</summary>
internal sealed class ConnectionSet(ILogger logger) : IDisposable
{
    private readonly HashSet<Task> _connections = [];
    private readonly CancellationTokenSource _resetting = new();

    /// <summary>When it is cancelled, every connection is to end at once.</summary>
    public CancellationToken Reset => _resetting.Token;

    /// <summary>Keeps a connection until it has ended.</summary>
    public void Add(Task connection)
    {
        lock (_connections)
        {
            _connections.Add(connection);
        }

        // .. runs at once if it has ended already
        _ = connection.ContinueWith(Forget, TaskScheduler.Default);
    }

    /// <summary>Waits for all to end; when told to hurry, resets them.</summary>
    public async Task DrainAsync(CancellationToken hurry)
    {
        Task ended;
        lock (_connections)
        {
            ended = Task.WhenAll(_connections);
        }

        await ended.WaitAsync(hurry).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _resetting.CancelAsync().ConfigureAwait(false);
        await ended.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <inheritdoc/>
    public void Dispose() => _resetting.Dispose();

    private void Forget(Task connection)
    {
        lock (_connections)
        {
            _connections.Remove(connection);
        }

        if (connection.Exception is { } bug)
        {
            logger.ConnectionFaulted(bug.ToString());
        }
    }
}
