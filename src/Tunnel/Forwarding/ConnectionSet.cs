using System.Net;
using Microsoft.Extensions.Logging;
using Onetun.Tunnel.Resources;

namespace Onetun.Tunnel.Forwarding;

/// <summary>The connections of one forward or proxy: as many as may be, until they end, or are reset.</summary>
internal sealed class ConnectionSet(
    Traffic traffic, TcpLimits limits, ILogger logger, TimeProvider? time = null, DescriptorBudget? descriptors = null)
    : IDisposable
{
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _resetting = new();
    private int _count;
    private bool _isFull;
    private TaskCompletionSource? _idle; // While somebody waits until there is none

    /// <summary>What they hold: one each on this side.</summary>
    public DescriptorShare Descriptors { get; } = (descriptors ?? new DescriptorBudget(logger)).Open();

    /// <summary>When it is cancelled, every connection is to end at once.</summary>
    public CancellationToken Reset => _resetting.Token;

    /// <summary>
    /// One more has come, with the descriptor that was taken for it; false if it is one too many, which counts as refused. It is here
    /// until <see cref="End"/> either way.
    /// </summary>
    public bool Begin(EndPoint? client)
    {
        bool isFull;
        lock (_lock)
        {
            var wasFull = _isFull;
            isFull = _isFull = _count >= limits.MaximumConnections;
            if (isFull && !wasFull)
            {
                logger.ConnectionsFull(_count, client);
            }

            _count++;
        }

        if (isFull)
        {
            traffic.Refuse();
        }

        return !isFull;
    }

    /// <summary>One has ended, and holds its descriptor no more.</summary>
    public void End()
    {
        Descriptors.Release();
        lock (_lock)
        {
            if (--_count == 0)
            {
                _idle?.SetResult();
                _idle = null;
            }
        }
    }

    /// <summary>One is ending by a fault of ours.</summary>
    public void Fault(Exception bug) => logger.ConnectionFaulted(bug.ToString());

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
    public Task WaitUntilIdleAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            // Whoever waits has business of another kind than the thread on which the last of them ends.
            var idle = _count == 0
                ? Task.CompletedTask
                : (_idle ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
            return idle.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Waits for all to end; when told to hurry, resets them.</summary>
    public async Task DrainAsync(CancellationToken hurry)
    {
        await WaitUntilIdleAsync(hurry).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _resetting.CancelAsync().ConfigureAwait(false);
        await WaitUntilIdleAsync(CancellationToken.None).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _resetting.Dispose();
        Descriptors.Dispose();
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
