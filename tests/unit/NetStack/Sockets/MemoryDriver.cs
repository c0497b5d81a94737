using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;

namespace Onetun.NetStack.Tests;

/// <summary>Two hosts in one process, joined by a pair of queues that a thread each empties.</summary>
internal sealed class MemoryDriver : StackDriver, IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly BlockingCollection<byte[]> _inbox = [];
    private readonly byte[] _buffer = new byte[65536];
    private readonly Task _receiver;
    private readonly Timer _timer;
    private readonly ManualResetEventSlim _goesOn = new(initialState: true);
    private readonly ManualResetEventSlim _waits = new();
    private MemoryDriver? _other;

    private MemoryDriver(string address, byte seed)
        : base(new IpStack(new IpStackOptions
        {
            Addresses = [IPAddress.Parse(address)],
            Secret = Enumerable.Repeat(seed, 32).ToArray(),
        }))
    {
        _timer = new Timer(_ => OnTimer(), null, 5, 5);
        _receiver = Task.Factory.StartNew(
            ReceiveAll, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    protected internal override TimeSpan Now => Stopwatch.GetElapsedTime(0);

    public static (MemoryDriver Client, MemoryDriver Server) Pair()
    {
        var client = new MemoryDriver("10.0.0.2", 1);
        var server = new MemoryDriver("10.0.0.1", 2);
        (client._other, server._other) = (server, client);
        return (client, server);
    }

    /// <summary>The thread that has the rounds.</summary>
    public int RoundThread { get; private set; }

    /// <summary>How often the thread that has the rounds sent all that there was to send; timers and writers do so too.</summary>
    public int Transmissions { get; private set; }

    /// <summary>There are no more rounds, and none is under way, until it goes on or is disposed.</summary>
    public void Pause()
    {
        _goesOn.Reset();
        _inbox.Add([]);
        Assert.True(_waits.Wait(Patience));
    }

    /// <summary>After <see cref="Pause"/>.</summary>
    public void GoOn() => _goesOn.Set();

    /// <summary>A connection to a port of this host, by both its ends.</summary>
    public async Task<(TcpSocket Client, TcpSocket Server)> ConnectAsync(MemoryDriver client)
    {
        await using var listener = ListenTcp(80);
        var accept = listener.AcceptOneAsync();
        var socket = await client.ConnectTcpAsync(new IPEndPoint(Stack.Options.Addresses[0].Address, 80)).WaitAsync(Patience);
        return (socket, await accept.WaitAsync(Patience));
    }

    public async ValueTask DisposeAsync()
    {
        AbortAll();
        await _timer.DisposeAsync();
        _inbox.CompleteAdding();
        _goesOn.Set();
        await _receiver;
        _goesOn.Dispose();
        _waits.Dispose();
    }

    protected override bool TrySummon(TimeSpan now)
    {
        _inbox.Add([]);
        return true;
    }

    protected override void Transmit(TimeSpan now)
    {
        Transmissions += Environment.CurrentManagedThreadId == RoundThread ? 1 : 0;
        while (Stack.TryTransmit(now, _buffer, out var length))
        {
            var inbox = _other?._inbox;
            if (inbox is { IsAddingCompleted: false })
            {
                try
                {
                    inbox.Add(_buffer[..length]);
                }
                catch (InvalidOperationException)
                {
                    // The other host has just gone
                }
            }
        }
    }

    private void ReceiveAll()
    {
        RoundThread = Environment.CurrentManagedThreadId;
        foreach (var packet in _inbox.GetConsumingEnumerable())
        {
            if (!_goesOn.IsSet)
            {
                _waits.Set();
                _goesOn.Wait();
                _waits.Reset();
            }

            using var round = BeginRound();
            using (var turn = BeginTurn())
            {
                if (packet.Length > 0) // Nothing, when it was summoned
                {
                    Stack.Receive(turn.Now, packet);
                }
            }

            round.Continue();
        }
    }

    private void OnTimer()
    {
        using var turn = BeginTurn();
        Stack.OnTimeout(turn.Now);
    }
}
