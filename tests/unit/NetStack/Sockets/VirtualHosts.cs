using System.Collections.Concurrent;
using System.Net;

namespace Onetun.NetStack.Tests;

/// <summary>Two hosts joined by a wire without delay, on a clock that stands still unless it is moved.</summary>
internal sealed class VirtualHosts
{
    /// <summary>How long the thread pool may take to run what was woken.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private long _now = TimeSpan.FromHours(1).Ticks;

    public VirtualHosts(UdpOptions? udp = null)
    {
        Client = new Host(this, 2, udp);
        Server = new Host(this, 1, udp);
    }

    public Host Client { get; }

    public Host Server { get; }

    public TimeSpan Now => new(Interlocked.Read(ref _now));

    /// <summary>The wire carries nothing.</summary>
    public bool IsCut { get; set; }

    /// <summary>The packets that the wire has carried.</summary>
    public List<byte[]> Carried { get; } = [];

    /// <summary>A connection, by both its ends.</summary>
    public async Task<(TcpSocket Client, TcpSocket Server)> ConnectAsync()
    {
        await using var listener = Server.ListenTcp(80);
        var accept = listener.AcceptAsync().AsTask();
        var client = await Until(Client.ConnectTcpAsync(new IPEndPoint(Server.Address, 80)));
        return (client, (await Until(accept))!);
    }

    /// <summary>Carries packets until there are no more.</summary>
    public void Exchange()
    {
        while (Carry(Client, Server) | Carry(Server, Client))
        {
        }
    }

    /// <summary>Moves the clock, and does everything at the moment it is due.</summary>
    public void Advance(TimeSpan time)
    {
        var end = Now + time;
        Exchange();
        for (var next = Next(); next <= end; next = Next())
        {
            Interlocked.Exchange(ref _now, Math.Max(next.Ticks, _now));
            Client.Expire();
            Server.Expire();
            Exchange();
        }

        Interlocked.Exchange(ref _now, end.Ticks);
    }

    /// <summary>Time passes, in which the wire carries nothing: what is on it has so much delay.</summary>
    public void Delay(TimeSpan time) => Interlocked.Add(ref _now, time.Ticks);

    /// <summary>Carries packets until a task is done; the clock moves by as little as is due at once.</summary>
    public async Task<T> Until<T>(Task<T> task)
    {
        await Until((Task)task);
        return await task;
    }

    /// <inheritdoc cref="Until{T}(Task{T})"/>
    public async Task Until(Task task)
    {
        Assert.True(SpinWait.SpinUntil(() => Go() && task.IsCompleted, Patience), "in vain");
        await task;
    }

    /// <summary>Carries packets until something is so.</summary>
    public void Until(Func<bool> done) => Assert.True(SpinWait.SpinUntil(() => Go() && done(), Patience), "in vain");

    private bool Go()
    {
        Advance(TimeSpan.FromTicks(1));
        return true;
    }

    private TimeSpan Next() => Client.NextTimeout < Server.NextTimeout ? Client.NextTimeout : Server.NextTimeout;

    private bool Carry(Host from, Host to)
    {
        var any = false;
        while (from.Sent.TryDequeue(out var packet))
        {
            any = true;
            if (!IsCut)
            {
                Carried.Add(packet);
                to.Receive(packet);
            }
        }

        return any;
    }

    /// <summary>One of the hosts, 10.0.0.N and fd00::N.</summary>
    internal sealed class Host : StackDriver
    {
        private readonly VirtualHosts _hosts;
        private readonly byte[] _buffer = new byte[1420];

        public Host(VirtualHosts hosts, byte number, UdpOptions? udp)
            : base(new IpStack(new IpStackOptions
            {
                Addresses = [IPAddress.Parse($"10.0.0.{number}"), IPAddress.Parse($"fd00::{number}")],
                Secret = Enumerable.Repeat(number, 32).ToArray(),
                Udp = udp ?? new UdpOptions(),
            })) => _hosts = hosts;

        public IPAddress Address => Stack.Options.Addresses[0].Address;

        public ConcurrentQueue<byte[]> Sent { get; } = new();

        public TimeSpan NextTimeout
        {
            get
            {
                lock (Lock)
                {
                    return Stack.NextTimeout;
                }
            }
        }

        protected internal override TimeSpan Now => _hosts.Now;

        public void Receive(byte[] packet)
        {
            using var turn = BeginTurn();
            Stack.Receive(turn.Now, packet);
        }

        public void CannotSend(byte[] packet)
        {
            using var turn = BeginTurn();
            Stack.OnUndeliverable(turn.Now, packet);
        }

        public void Expire()
        {
            using var turn = BeginTurn();
            Stack.OnTimeout(turn.Now);
        }

        protected override void Transmit(TimeSpan now)
        {
            while (Stack.TryTransmit(now, _buffer, out var length))
            {
                Sent.Enqueue(_buffer[..length]);
            }
        }
    }
}
