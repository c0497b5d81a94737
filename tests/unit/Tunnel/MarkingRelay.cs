using System.Net;
using System.Runtime.CompilerServices;
using Onetun.WireGuard;

namespace Onetun.Tunnel.Tests;

/// <summary>Stands in front of a UDP port like a path whose queue is long: of what goes there, all that may be marked is.</summary>
internal sealed class MarkingRelay : IDisposable
{
    private readonly IUdpTransport _inside = UdpTransport.Create(new IPEndPoint(IPAddress.Loopback, 0));
    private readonly IUdpTransport _outside = UdpTransport.Create(new IPEndPoint(IPAddress.Loopback, 0));
    private volatile StrongBox<UdpEndPoint>? _client;
    private long _marked;

    public MarkingRelay(IPEndPoint peer)
    {
        var destination = UdpEndPoint.From(peer);
        Start(() => Carry(_inside, _outside, source =>
        {
            _client ??= new StrongBox<UdpEndPoint>(source);
            return destination;
        }, Mark));
        Start(() => Carry(_outside, _inside, _ => _client!.Value, ecn => ecn));
    }

    public IPEndPoint EndPoint => _inside.LocalEndPoint;

    public long Marked => Interlocked.Read(ref _marked);

    public void Dispose()
    {
        _inside.Dispose();
        _outside.Dispose();
    }

    private static void Start(ThreadStart carry) => new Thread(carry) { IsBackground = true }.Start();

    private EcnField Mark(EcnField ecn)
    {
        if (ecn is EcnField.NotEct or EcnField.Ce)
        {
            return ecn;
        }

        Interlocked.Increment(ref _marked);
        return EcnField.Ce;
    }

    private static void Carry(
        IUdpTransport from, IUdpTransport to, Func<UdpEndPoint, UdpEndPoint> destinationOf, Func<EcnField, EcnField> mark)
    {
        using var received = from.CreateReceiveBatch();
        using var sent = new DatagramBatch(1 << 20, 1024);
        while (from.Receive(received) > 0)
        {
            for (var i = 0; i < received.Count; i++)
            {
                if (sent.TryGetSlot(received[i].Length, out var slot))
                {
                    received[i].CopyTo(slot);
                    sent.Commit(received[i].Length, destinationOf(received.SourceOf(i)), mark(received.EcnOf(i)));
                }
            }

            to.Send(sent);
            sent.Clear();
        }
    }
}
