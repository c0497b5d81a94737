using System.Net;
using Microsoft.Extensions.Time.Testing;
using Onetun.WireGuard;

namespace Onetun.Tunnel.Tests;

/// <summary>
/// A network of UDP sockets in virtual time: datagrams take 20 ms, a look at the clock 10. All of it happens on the thread that lets
/// time pass.
/// </summary>
internal sealed class OuterWorld
{
    public static readonly TimeSpan Delay = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(10);

    private readonly Dictionary<IPEndPoint, VirtualUdpTransport> _sockets = [];
    private readonly Queue<(TimeSpan Due, IPEndPoint From, IPEndPoint To, byte[] Datagram)> _onTheWay = new();
    private int _nextPort = 40_000;

    public FakeTimeProvider Time { get; } = new();

    public TimeSpan Now => new(Time.GetTimestamp());

    /// <summary>Whether a datagram from one socket comes through to another.</summary>
    public Func<IPEndPoint, IPEndPoint, bool> Passes { get; set; } = (_, _) => true;

    /// <summary>Hears of each datagram as it is sent.</summary>
    public Action<IPEndPoint, IPEndPoint, byte[]> Sent { get; set; } = (_, _, _) => { };

    /// <summary>Binds a socket.</summary>
    public VirtualUdpTransport Open(IPEndPoint bind, Action<IPEndPoint, byte[]> received)
    {
        var local = bind.Port == 0 ? new IPEndPoint(bind.Address, _nextPort++) : bind;
        return _sockets[local] = new VirtualUdpTransport(this, local, received);
    }

    public void Close(VirtualUdpTransport socket)
    {
        if (_sockets.GetValueOrDefault(socket.LocalEndPoint) == socket)
        {
            _sockets.Remove(socket.LocalEndPoint);
        }
    }

    public void Send(IPEndPoint from, IPEndPoint to, ReadOnlySpan<byte> datagram)
    {
        _onTheWay.Enqueue((Now + Delay, from, to, datagram.ToArray()));
        Sent(from, to, datagram.ToArray());
    }

    /// <summary>Lets time pass.</summary>
    public void Pass(TimeSpan time)
    {
        for (var end = Now + time; Now < end;)
        {
            Time.Advance(Step);
            while (_onTheWay.TryPeek(out var next) && next.Due <= Now)
            {
                _onTheWay.Dequeue();
                if (Passes(next.From, next.To) && _sockets.TryGetValue(next.To, out var socket))
                {
                    socket.Received(next.From, next.Datagram);
                }
            }
        }
    }

    /// <summary>Lets time pass until a condition holds; how long that took, or null if it took longer than the limit.</summary>
    public TimeSpan? PassUntil(Func<bool> condition, TimeSpan limit)
    {
        for (var start = Now; Now - start <= limit; Pass(Step))
        {
            if (condition())
            {
                return Now - start;
            }
        }

        return null;
    }
}

/// <summary>A socket of an <see cref="OuterWorld"/>.</summary>
internal sealed class VirtualUdpTransport(OuterWorld world, IPEndPoint local, Action<IPEndPoint, byte[]> received) : IUdpTransport
{
    private UdpSendCounters _sent;

    public IPEndPoint LocalEndPoint => local;

    public UdpStatistics Statistics => new() { Sent = _sent };

    public Poller? CreatePoller() => null;

    public bool IsDisposed { get; private set; }

    public Action<IPEndPoint, byte[]> Received => received;

    public ReceiveBatch CreateReceiveBatch() => new(1, ushort.MaxValue, 1);

    public int Receive(ReceiveBatch batch, Poller? poller = null) => throw new NotSupportedException("Nobody waits here.");

    public int TryReceive(ReceiveBatch batch) => 0;

    public void Send(DatagramBatch batch)
    {
        for (var i = 0; i < batch.Count; i++)
        {
            _sent.Datagrams++;
            world.Send(local, batch.EndPointOf(i).ToIPEndPoint(), batch[i]);
        }
    }

    public void Dispose()
    {
        IsDisposed = true;
        world.Close(this);
    }
}
