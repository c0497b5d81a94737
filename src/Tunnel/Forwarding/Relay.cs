using System.IO.Pipelines;
using System.Net.Sockets;
using System.Runtime.Versioning;

namespace Onetun.Tunnel.Forwarding;

/// <summary>
/// Carries bytes between two connections, both ways, until both directions have ended. The end of one direction is
/// passed on and leaves the other open; a break of either connection breaks the other, once that has what came before the
/// break: a server that refuses an upload says why, and resets.
/// </summary>
internal sealed class Relay
{
    /// <summary>
    /// Consumed at once: the window opens again before a large receive buffer has been sent as a whole, and a slow
    /// reader whose source has broken counts as alive if it takes this much in a minute.
    /// </summary>
    private const int Chunk = 64 * 1024;

    /// <summary>How often a connection that nothing is read from is asked whether it has broken meanwhile.</summary>
    private static readonly TimeSpan ProbeInterval = TimeSpan.FromSeconds(5);

    /// <summary>Consecutive probes without progress after which what a broken connection left is given up: 12, a minute.</summary>
    private const int MostStalls = 12;

    /// <summary>
    /// What waits in a buffer is overtaken by a reset: how often, and for how long, a broken relay looks whether it has gone.
    /// </summary>
    private static readonly TimeSpan HandOverInterval = TimeSpan.FromMilliseconds(20);

    /// <inheritdoc cref="HandOverInterval"/>
    private static readonly TimeSpan LongestHandOver = TimeSpan.FromMinutes(1);

    private readonly RelayDirection _up;
    private readonly RelayDirection _down;
    private readonly Traffic _traffic;
    private readonly IdleWatch? _idle;
    private readonly TimeProvider _time;
    private ITimer? _probing; // Few connections need it
    private int _isWatching;
    private IRelayEnd? _firstEnded;
    private Break? _break;

    private Relay(IRelayEnd client, IRelayEnd server, Traffic traffic, IdleWatch? idle, TimeProvider time)
    {
        _up = new RelayDirection(client, server);
        _down = new RelayDirection(server, client);
        _traffic = traffic;
        _idle = idle;
        _time = time;
    }

    /// <summary>
    /// Runs to the end; never throws, and leaves both connections to the caller to dispose, who may continue on the thread that
    /// drives the tunnel.
    /// </summary>
    public static async Task<RelayResult> RunAsync(
        IRelayEnd client, IRelayEnd server, Traffic traffic, IdleWatch? idle = null, TimeProvider? time = null)
    {
        var relay = new Relay(client, server, traffic, idle, time ?? TimeProvider.System);
        var up = relay.CarryAsync(relay._up);
        await relay.CarryAsync(relay._down).ConfigureAwait(false);
        await up.ConfigureAwait(false);
        if (relay._probing is { } probing)
        {
            await probing.DisposeAsync().ConfigureAwait(false);
        }

        return relay.Conclude();
    }

    private RelayResult Conclude()
    {
        var isClient = (_break?.Side ?? _firstEnded) == _up.Source;
        var ending = (_break, isClient) switch
        {
            (null, true) => RelayEnding.ClosedByClient,
            (null, false) => RelayEnding.ClosedByServer,
            (_, true) => RelayEnding.BrokenByClient,
            (_, false) => RelayEnding.BrokenByServer,
        };
        return new RelayResult(ending, _up.Bytes, _down.Bytes, _break?.Error);
    }

    // By one method that waits, of which an idle connection keeps the state
    private Task CarryAsync(RelayDirection direction) =>
        OperatingSystem.IsLinux() && direction.Source.Watched is { } input && direction.Destination.Output is { } output
            ? ReceiveAsync(direction, input, output)
            : CopyAsync(direction);

    /// <summary>Carries what a pipe gives to whoever takes it as a whole.</summary>
    private async Task CopyAsync(RelayDirection direction)
    {
        var (source, destination) = (direction.Source, direction.Destination);
        try
        {
            while (true)
            {
                direction.Turn = source;
                var reading = source.Input.ReadAsync();
                if (!reading.IsCompleted)
                {
                    direction.Rest();
                }

                var read = await reading.ConfigureAwait(false);
                if (read.IsCanceled)
                {
                    throw new OperationCanceledException("The connection was reset here.");
                }

                if (read.Buffer.IsEmpty && read.IsCompleted)
                {
                    break;
                }

                var chunk = read.Buffer.Length <= Chunk ? read.Buffer : read.Buffer.Slice(0, Chunk);
                direction.Turn = destination;
                var write = destination.WriteAsync(chunk);
                if (!write.IsCompleted)
                {
                    BeginWait(direction);
                }

                await write.ConfigureAwait(false);
                Count(direction, chunk.Length);
                direction.Turn = source;
                source.Input.AdvanceTo(chunk.End);
                if (direction.IsStretchOver)
                {
                    direction.Rest();
                    await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
                }
            }

            await EndAsync(direction).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // Pipes pass on whatever broke the connection behind them, and all of it is a result.
        catch (Exception error)
#pragma warning restore CA1031
        {
            TryBreak(direction.Turn, error);
        }

        await FinishAsync(direction).ConfigureAwait(false);
    }

    /// <summary>Receives from a socket straight to where it is sent from.</summary>
    [SupportedOSPlatform("linux")]
    private async Task ReceiveAsync(RelayDirection direction, WatchedInput input, PipeWriter output)
    {
        try
        {
            while (true)
            {
                var received = Receive(direction, input, output);
                if (received == 0)
                {
                    break;
                }

                if (received < 0)
                {
                    direction.Rest();
                    await input.WaitAsync().ConfigureAwait(false);
                    continue;
                }

                direction.Turn = direction.Destination;
                var flush = output.FlushAsync();
                if (!flush.IsCompleted)
                {
                    BeginWait(direction);
                }

                if ((await flush.ConfigureAwait(false)).IsCompleted)
                {
                    throw new IOException("The connection is closed.");
                }

                Count(direction, received);
                if (direction.IsStretchOver)
                {
                    direction.Rest();
                    await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
                }
            }

            await EndAsync(direction).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // Whatever broke a connection is a result.
        catch (Exception error)
#pragma warning restore CA1031
        {
            TryBreak(direction.Turn, error);
        }

        await FinishAsync(direction).ConfigureAwait(false);
    }

    /// <summary>Receives what there is, and a chunk at most; 0 at the end, and -1 if it has to be waited for.</summary>
    [SupportedOSPlatform("linux")]
    private static int Receive(RelayDirection direction, WatchedInput input, PipeWriter output)
    {
        direction.Turn = direction.Source;
        var there = input.Look();
        if (there < 0)
        {
            return there;
        }

        direction.Turn = direction.Destination;
        var room = output.GetSpan(Math.Min(there, Chunk));
        direction.Turn = direction.Source;
        var received = input.Receive(room);
        if (received > 0)
        {
            output.Advance(received);
        }

        return received;
    }

    /// <summary>The source has come to its end, or has ended badly.</summary>
    private async ValueTask EndAsync(RelayDirection direction)
    {
        direction.Turn = direction.Source;
        if (direction.Source.ProbeInput() is var error and not SocketError.Success)
        {
            throw new SocketException((int)error); // And not an end
        }

        // This comes before the end is passed on, for the other side may answer that with its own at once.
        Interlocked.CompareExchange(ref _firstEnded, direction.Source, null);
        Enter(direction, RelayPhase.Ended);
        direction.Turn = direction.Destination;
        await direction.Destination.EndOutputAsync().ConfigureAwait(false);
    }

    /// <summary>A direction has come to its end: is it time to pass on a break?</summary>
    private async Task FinishAsync(RelayDirection direction)
    {
        // It is fenced, so that of two directions that end at once one sees the other.
        direction.Finish();
        if (_break is not { IsSilent: false, Side: var broken })
        {
            return;
        }

        // What the broken side sent before is carried by the direction that reads it, which ends by itself.
        var carrying = broken == _up.Source ? _up : _down;
        if (carrying.IsFinished)
        {
            await HandOverAsync(carrying.Destination).ConfigureAwait(false);
            Abort();
        }
    }

    private async Task HandOverAsync(IRelayEnd end)
    {
        for (var waited = TimeSpan.Zero; !end.IsSent && waited < LongestHandOver; waited += HandOverInterval)
        {
            await Task.Delay(HandOverInterval, _time).ConfigureAwait(false);
        }
    }

    /// <summary>False for what is only an echo of the first.</summary>
    private bool TryBreak(IRelayEnd side, Exception error, bool isSilent = false) =>
        Interlocked.CompareExchange(ref _break, new Break(side, error, isSilent), null) is null;

    private void Abort()
    {
        _up.Source.Abort();
        _down.Source.Abort();
    }

    /// <summary>It is the destination's that were read.</summary>
    private void Count(RelayDirection direction, long bytes)
    {
        direction.Phase = RelayPhase.Reading;
        _idle?.Touch(); // Before it counts: whoever has seen the bytes may believe that it has
        direction.Count(bytes);
        if (direction == _up)
        {
            _traffic.AddUp(bytes);
        }
        else
        {
            _traffic.AddDown(bytes);
        }
    }

    /// <summary>What was read waits for the destination.</summary>
    private void BeginWait(RelayDirection direction)
    {
        direction.Rest();
        Enter(direction, RelayPhase.Writing);
    }

    /// <summary>From now on nothing is read from the source, so that it has to be asked.</summary>
    private void Enter(RelayDirection direction, RelayPhase phase)
    {
        direction.Phase = phase;
        Watch();
    }

    /// <summary>Sees to it that both directions are looked at before long; the clock is told once in that time.</summary>
    private void Watch()
    {
        if (Interlocked.Exchange(ref _isWatching, 1) == 0)
        {
            _probing ??= _time.CreateTimer(
                static relay => ((Relay)relay!).Probe(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            _probing.Change(ProbeInterval, Timeout.InfiniteTimeSpan);
        }
    }

    private void Probe()
    {
        // This comes before the look: a direction that is not seen any more then watches again.
        Interlocked.Exchange(ref _isWatching, 0);
        Probe(_up);
        Probe(_down);
        if (_up.Phase != RelayPhase.Reading || _down.Phase != RelayPhase.Reading)
        {
            Watch();
        }
    }

    private void Probe(RelayDirection direction)
    {
        switch (direction.Phase)
        {
            case RelayPhase.Writing:
                ProbeWriting(direction);
                break;
            case RelayPhase.Ended:
                ProbeEnded(direction);
                break;
        }
    }

    /// <summary>What came before the break waits for the destination, and not for ever.</summary>
    private void ProbeWriting(RelayDirection direction)
    {
        if (direction.Source.ProbeInput() is var error and not SocketError.Success
            && direction.CountStalls() >= MostStalls)
        {
            TryBreak(direction.Source, new SocketException((int)error));
            Abort();
        }
    }

    /// <summary>Nobody may be left to carry anything to: the other side has all that it was sent, and need not be reset.</summary>
    private void ProbeEnded(RelayDirection direction)
    {
        // The other side gets all of it first: whoever closes right after the last byte means it to arrive.
        if (direction.Destination.IsDelivered
            && direction.Source.ProbeOutput() is var error and not SocketError.Success
            && TryBreak(direction.Source, new SocketException((int)error), isSilent: true))
        {
            direction.Destination.CancelPendingRead();
        }
    }

    /// <param name="Side">Whose connection broke.</param>
    /// <param name="Error">How it broke.</param>
    /// <param name="IsSilent">The other side has all that it was sent, and need not be reset.</param>
    private sealed record Break(IRelayEnd Side, Exception Error, bool IsSilent);
}
