using System.Net;
using Microsoft.Extensions.Logging;
using Onetun.Tunnel.Resources;

namespace Onetun.Tunnel.Forwarding;

/// <summary>The connections of one forward or proxy: as many as may be, until they end, or are reset.</summary>
internal sealed class ConnectionSet(
    Traffic traffic, TcpLimits limits, ILogger logger, TimeProvider? time = null, DescriptorBudget? descriptors = null)
    : IDisposable
{
    // Whoever waits for their end has business of another kind than the thread on which the last of them ends.
    private const ConfigureAwaitOptions Aside = ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ForceYielding;

    private readonly HashSet<Task> _connections = [];
    private readonly CancellationTokenSource _resetting = new();
    private bool _isFull;

    /// <summary>What they hold: one each on this side.</summary>
    public DescriptorShare Descriptors { get; } = (descriptors ?? new DescriptorBudget(logger)).Open();

    /// <summary>When it is cancelled, every connection is to end at once.</summary>
    public CancellationToken Reset => _resetting.Token;

    /// <summary>Whether one more is allowed; if not, it counts as refused.</summary>
    public bool HasRoom(EndPoint? client)
    {
        lock (_connections)
        {
            var wasFull = _isFull;
            _isFull = _connections.Count >= limits.MaximumConnections;
            if (_isFull && !wasFull)
            {
                logger.ConnectionsFull(_connections.Count, client);
            }
        }

        if (_isFull)
        {
            traffic.Refuse();
        }

        return !_isFull;
    }

    /// <summary>Keeps a connection until it has ended.</summary>
    public void Add(Task connection)
    {
        lock (_connections)
        {
            _connections.Add(connection);
        }

        // This runs at once if it has ended already.
        _ = connection.ContinueWith(
            static (connection, set) => ((ConnectionSet)set!).Forget(connection),
            this,
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
    }

    /// <summary>
    /// Relays until both have ended, or resets both when all are to end or they have been silent for too long, and
    /// disposes them. The port inside the tunnel tells the connection apart in the log.
    /// </summary>
    public Task RelayAsync(IRelayEnd client, IRelayEnd server, int port) => CarryAsync(client, server, port, null);

    /// <summary>The same by a function that never throws, for a client that may go on after it, and is not disposed.</summary>
    public async Task CarryAsync(IRelayEnd client, IRelayEnd server, int port, Func<IdleWatch?, Task<RelayResult>>? carry)
    {
        traffic.Start();
        try
        {
            var ends = new Ends(client, server);
            using var resetting = Reset.UnsafeRegister(static ends => ((Ends)ends!).Abort(), ends);
            var idle = limits.IdleTimeout is { } timeout
                ? new IdleWatch(time ?? TimeProvider.System, timeout, ends.Abort)
                : null;
            var carrying = carry is null ? Relay.RunAsync(client, server, traffic, idle, time) : carry(idle);
            var result = await carrying.ConfigureAwait(false);
            if (idle is not null)
            {
                await idle.DisposeAsync().ConfigureAwait(false);
            }

            logger.ConnectionEnded(port, result with { Ending = Explain(result, idle) });
        }
        finally
        {
            await server.DisposeAsync().ConfigureAwait(false);
            traffic.End();
            if (carry is null)
            {
                await client.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    /// <summary>Waits until there is none, which may change again.</summary>
    public async Task WaitUntilIdleAsync(CancellationToken cancellationToken)
    {
        while (All() is { Length: > 0 } connections)
        {
            await Task.WhenAll(connections).WaitAsync(cancellationToken).ConfigureAwait(Aside);
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Waits for all to end; when told to hurry, resets them.</summary>
    public async Task DrainAsync(CancellationToken hurry)
    {
        var ended = Task.WhenAll(All());
        await ended.WaitAsync(hurry).ConfigureAwait(Aside);
        await _resetting.CancelAsync().ConfigureAwait(false);
        await ended.ConfigureAwait(Aside);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _resetting.Dispose();
        Descriptors.Dispose();
    }

    private Task[] All()
    {
        lock (_connections)
        {
            return [.. _connections];
        }
    }

    private RelayEnding Explain(RelayResult result, IdleWatch? idle)
    {
        if (idle?.HasEnded == true)
        {
            traffic.EndIdle();
            return RelayEnding.Idle;
        }

        return result.Error is not null && _resetting.IsCancellationRequested ? RelayEnding.Stopped : result.Ending;
    }

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

    private sealed class Ends(IRelayEnd client, IRelayEnd server)
    {
        // Both, for a direction that has ended already would not pass the break on.
        public void Abort()
        {
            client.Abort();
            server.Abort();
        }
    }
}
