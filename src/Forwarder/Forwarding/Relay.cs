using System.Net.Sockets;

namespace Onetun.Forwarder.Forwarding;

/// <summary>
/// Carries bytes between two connections, both ways, until both directions have ended. The end of one direction is
/// passed on and leaves the other open; a break of either connection breaks the other.
/// </summary>
internal sealed class Relay
{
    /// <summary>
    /// Consumed at once: the window opens again before a large receive buffer has been sent as a whole.
    /// </summary>
    private const int Chunk = 128 * 1024;

    /// <summary>How often a connection that nothing is read from is asked whether it has broken meanwhile.</summary>
    private static readonly TimeSpan ProbeInterval = TimeSpan.FromSeconds(5);

    private readonly Direction _up;
    private readonly Direction _down;
    private readonly IdleWatch? _idle;
    private readonly ITimer _probing;
    private int _isWatching;
    private IRelayEnd? _firstEnded;
    private Break? _break;

    private Relay(IRelayEnd client, IRelayEnd server, Traffic traffic, IdleWatch? idle, TimeProvider time)
    {
        _up = new Direction(client, server, traffic.AddUp);
        _down = new Direction(server, client, traffic.AddDown);
        _idle = idle;
        _probing = time.CreateTimer(
            static relay => ((Relay)relay!).Probe(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Runs to the end; never throws, and leaves both connections to the caller to dispose.</summary>
    public static async Task<RelayResult> RunAsync(
        IRelayEnd client, IRelayEnd server, Traffic traffic, IdleWatch? idle = null, TimeProvider? time = null)
    {
        var relay = new Relay(client, server, traffic, idle, time ?? TimeProvider.System);
        await using (relay._probing.ConfigureAwait(false))
        {
            var up = relay.CopyAsync(relay._up);
            await relay.CopyAsync(relay._down).ConfigureAwait(false);
            await up.ConfigureAwait(false);
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

    private async Task CopyAsync(Direction direction)
    {
        var (source, destination) = (direction.Source, direction.Destination);
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
                    var write = destination.WriteAsync(segment);
                    if (!write.IsCompleted)
                    {
                        Enter(direction, Phase.Writing);
                    }

                    await write.ConfigureAwait(false);
                }

                direction.Phase = Phase.Reading;
                direction.Count(chunk.Length);
                _idle?.Touch();

                side = source;
                source.Input.AdvanceTo(chunk.End);
            }

            // .. before the end is passed on: the other side may answer that with its own at once
            Interlocked.CompareExchange(ref _firstEnded, source, null);
            Enter(direction, Phase.Ended);
            side = destination;
            await destination.EndOutputAsync().ConfigureAwait(false);
        }
#pragma warning disable CA1031 // Pipes pass on whatever broke the connection behind them, and all of it is a result.
        catch (Exception error)
#pragma warning restore CA1031
        {
            if (TryBreak(side, error))
            {
                Abort();
            }
        }
    }

    /// <summary>False for what is only an echo of the first.</summary>
    private bool TryBreak(IRelayEnd side, Exception error) =>
        Interlocked.CompareExchange(ref _break, new Break(side, error), null) is null;

    private void Abort()
    {
        _up.Source.Abort();
        _down.Source.Abort();
    }

    /// <summary>From now on nothing is read from the source, so that it has to be asked.</summary>
    private void Enter(Direction direction, Phase phase)
    {
        direction.Phase = phase;
        Watch();
    }

    /// <summary>Sees to it that both directions are looked at before long; the clock is told once in that time.</summary>
    private void Watch()
    {
        if (Interlocked.Exchange(ref _isWatching, 1) == 0)
        {
            _probing.Change(ProbeInterval, Timeout.InfiniteTimeSpan);
        }
    }

    private void Probe()
    {
        // .. before it is looked at: who is not seen any more then watches again
        Interlocked.Exchange(ref _isWatching, 0);
        Probe(_up);
        Probe(_down);
        if (_up.Phase != Phase.Reading || _down.Phase != Phase.Reading)
        {
            Watch();
        }
    }

    private void Probe(Direction direction)
    {
        switch (direction.Phase)
        {
            case Phase.Writing:
                ProbeWriting(direction);
                break;
            case Phase.Ended:
                ProbeEnded(direction);
                break;
        }
    }

    private void ProbeWriting(Direction direction)
    {
        if (direction.Source.ProbeInput() is var error and not SocketError.Success
            && TryBreak(direction.Source, new SocketException((int)error)))
        {
            Abort();
        }
    }

    /// <summary>Nobody may be left to carry anything to: the other side has all that it was sent, and need not be reset.</summary>
    private void ProbeEnded(Direction direction)
    {
        // .. not before the other side has got all of it: who closes at once after the last byte means it to arrive
        if (direction.Destination.IsDelivered
            && direction.Source.ProbeOutput() is var error and not SocketError.Success
            && TryBreak(direction.Source, new SocketException((int)error)))
        {
            direction.Destination.Input.CancelPendingRead();
        }
    }

    /// <summary>One way, and how far it is.</summary>
    private sealed class Direction(IRelayEnd source, IRelayEnd destination, Action<long> count)
    {
        private volatile Phase _phase;

        public IRelayEnd Source => source;

        public IRelayEnd Destination => destination;

        public long Bytes { get; private set; }

        public Phase Phase
        {
            get => _phase;
            set => _phase = value;
        }

        public void Count(long bytes)
        {
            Bytes += bytes;
            count(bytes);
        }
    }

    private enum Phase
    {
        Reading,

        /// <summary>What was read waits for the destination.</summary>
        Writing,

        /// <summary>The source has sent all it will.</summary>
        Ended,
    }

    private sealed record Break(IRelayEnd Side, Exception Error);
}
