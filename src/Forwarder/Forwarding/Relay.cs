using System.Net.Sockets;

namespace Onetun.Forwarder.Forwarding;

/// <summary>
/// Carries bytes between two connections, both ways, until both directions have ended. The end of one direction is
/// passed on and leaves the other open; a break of either connection breaks the other.
/// </summary>
internal static class Relay
{
    /// <summary>
    /// Consumed at once: the window opens again before a large receive buffer has been sent as a whole.
    /// </summary>
    private const int Chunk = 128 * 1024;

    /// <summary>How often a connection that nothing is read from is asked whether it has broken meanwhile.</summary>
    private static readonly TimeSpan ProbeInterval = TimeSpan.FromSeconds(5);

    /// <summary>Runs to the end; never throws, and leaves both connections to the caller to dispose.</summary>
    public static async Task<RelayResult> RunAsync(
        IRelayEnd client, IRelayEnd server, Traffic traffic, IdleWatch? idle = null, TimeProvider? time = null)
    {
        // .. before its end is passed on: the other side may answer that with its own at once
        IRelayEnd? ended = null;
        void End(IRelayEnd side) => Interlocked.CompareExchange(ref ended, side, null);

        time ??= TimeProvider.System;
        var up = CopyAsync(client, server, Counting(traffic.AddUp, idle), End, time);
        var down = CopyAsync(server, client, Counting(traffic.AddDown, idle), End, time);
        var firstTask = await Task.WhenAny(up, down).ConfigureAwait(false);
        var (secondTask, other) = firstTask == up ? (down, server) : (up, client);
        var first = await firstTask.ConfigureAwait(false);
        if (first.Error is not null)
        {
            Abort(client, server);
        }
        else if (await WatchAsync(secondTask, ProbeEnded, time).ConfigureAwait(false) is { } lost)
        {
            // .. nobody is left to carry anything to; the other side has all that it was sent, and need not be reset
            first = first with { Error = lost };
            other.Input.CancelPendingRead();
        }

        // .. not before the other side has got all of it: who closes at once after the last byte means it to arrive
        SocketError ProbeEnded() => other.IsDelivered ? first.Side.ProbeOutput() : SocketError.Success;

        var second = await secondTask.ConfigureAwait(false);
        if (first.Error is null && second.Error is not null)
        {
            Abort(client, server);
        }

        await Task.WhenAll(first.Write, second.Write).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

        // .. once one direction is broken, the error of the other is only its echo
        var decisive = first.Error is null && second.Error is not null ? second : first;
        var (upward, downward) = firstTask == up ? (first, second) : (second, first);
        var ending = (decisive.Error is null, (decisive.Error is null ? ended : decisive.Side) == client) switch
        {
            (true, true) => RelayEnding.ClosedByClient,
            (true, false) => RelayEnding.ClosedByServer,
            (false, true) => RelayEnding.BrokenByClient,
            (false, false) => RelayEnding.BrokenByServer,
        };
        return new RelayResult(ending, upward.Bytes, downward.Bytes, decisive.Error);
    }

    private static Action<long> Counting(Action<long> count, IdleWatch? idle) => idle is null ? count : bytes =>
    {
        count(bytes);
        idle.Touch();
    };

    private static void Abort(IRelayEnd client, IRelayEnd server)
    {
        client.Abort();
        server.Abort();
    }

    /// <summary>One direction. The result blames the side that ended or broke.</summary>
    private static async Task<Copied> CopyAsync(
        IRelayEnd source, IRelayEnd destination, Action<long> count, Action<IRelayEnd> end, TimeProvider time)
    {
        var bytes = 0L;
        var side = source;
        try
        {
            while (true)
            {
                side = source;
                var read = await source.Input.ReadAsync().ConfigureAwait(false);
                if (read.IsCanceled)
                {
                    throw new OperationCanceledException("The connection was reset here.");
                }

                if (read.Buffer.IsEmpty && read.IsCompleted)
                {
                    break;
                }

                var chunk = read.Buffer.Length > Chunk ? read.Buffer.Slice(0, Chunk) : read.Buffer;
                side = destination;
                foreach (var segment in chunk)
                {
                    var write = destination.WriteAsync(segment).AsTask();
                    if (!write.IsCompleted && await WatchAsync(write, source.ProbeInput, time).ConfigureAwait(false) is { } lost)
                    {
                        return new Copied(bytes, source, lost) { Write = write };
                    }

                    await write.ConfigureAwait(false);
                }

                bytes += chunk.Length;
                count(chunk.Length);

                side = source;
                source.Input.AdvanceTo(chunk.End);
            }

            end(source);
            side = destination;
            await destination.EndOutputAsync().ConfigureAwait(false);
            return new Copied(bytes, source, null);
        }
#pragma warning disable CA1031 // Pipes pass on whatever broke the connection behind them, and all of it is a result.
        catch (Exception error)
#pragma warning restore CA1031
        {
            return new Copied(bytes, side, error);
        }
    }

    /// <summary>Waits for a task, unless a connection that nothing is read from meanwhile has broken: then says so.</summary>
    private static async ValueTask<SocketException?> WatchAsync(Task task, Func<SocketError> probe, TimeProvider time)
    {
        while (true)
        {
            await task.WaitAsync(ProbeInterval, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (task.IsCompleted)
            {
                return null;
            }

            if (probe() is var error and not SocketError.Success)
            {
                return new SocketException((int)error);
            }
        }
    }

    private sealed record Copied(long Bytes, IRelayEnd Side, Exception? Error)
    {
        /// <summary>What is written out of the source's memory, and has to end before that is let go.</summary>
        public Task Write { get; init; } = Task.CompletedTask;
    }
}
