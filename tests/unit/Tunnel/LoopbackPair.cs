using System.Net;
using System.Net.Sockets;
using Onetun.WireGuard;
using Xunit;

namespace Onetun.Tunnel.Tests;

public enum TransportKind
{
    Socket,
    Batched,
    Offloaded,
}

/// <summary>Two transports of a kind on loopback. A receive that would wait forever fails instead.</summary>
internal sealed class LoopbackPair : IDisposable
{
    private readonly CancellationTokenSource _patience = new(TimeSpan.FromSeconds(30));
    private readonly ReceiveBatch _batch;

    public LoopbackPair(TransportKind kind, bool ipv6, int maxDatagram = ushort.MaxValue)
    {
        Assert.SkipWhen(ipv6 && !Socket.OSSupportsIPv6, "this machine has no IPv6");
        var loopback = ipv6 ? IPAddress.IPv6Loopback : IPAddress.Loopback;
        Left = Open(kind, loopback, maxDatagram);
        Right = Open(kind, loopback, maxDatagram);
        _batch = Right.CreateReceiveBatch();
        _patience.Token.Register(Close);
    }

    public IUdpTransport Left { get; }

    public IUdpTransport Right { get; }

    public UdpEndPoint LeftEndpoint => UdpEndPoint.From(Left.LocalEndPoint);

    public UdpEndPoint RightEndpoint => UdpEndPoint.From(Right.LocalEndPoint);

    public static IEnumerable<TheoryDataRow<TransportKind, bool>> Cases =>
        from kind in Enum.GetValues<TransportKind>()
        where kind == TransportKind.Socket || OperatingSystem.IsLinux()
        from ipv6 in new[] { false, true }
        select new TheoryDataRow<TransportKind, bool>(kind, ipv6);

    public static IUdpTransport Open(TransportKind kind, IPAddress address, int maxDatagram = ushort.MaxValue)
    {
        var options = new UdpTransportOptions
        {
            Offload = kind == TransportKind.Offloaded,
            MaxDatagram = maxDatagram,
        };
        var bind = new IPEndPoint(address, 0);
        return kind == TransportKind.Socket
            ? new SocketUdpTransport(UdpTransport.Bind(bind, options), options)
            : UdpTransport.Create(bind, options);
    }

    public static MovableUdpTransport Movable(IPEndPoint bind) => new(bind, at => UdpTransport.Create(at));

    /// <summary>A batch of datagrams of these sizes; each byte tells the datagram's index and size.</summary>
    public static DatagramBatch Batch(IEnumerable<int> sizes, UdpEndPoint destination)
    {
        int[] lengths = [.. sizes];
        var batch = new DatagramBatch(Math.Max(1, lengths.Sum()), Math.Max(1, lengths.Length));
        foreach (var length in lengths)
        {
            Add(batch, length, destination);
        }
        return batch;
    }

    public static void Add(DatagramBatch batch, int length, in UdpEndPoint destination, EcnField ecn = EcnField.NotEct)
    {
        Assert.True(batch.TryGetSlot(length, out var slot));
        slot[..length].Fill(Mark(batch.Count, length));
        batch.Commit(length, destination, ecn);
    }

    public static byte Mark(int index, int length) => (byte)(index * 31 + length);

    /// <summary>Copies of the next datagrams and where they came from.</summary>
    public List<(byte[] Bytes, UdpEndPoint Source)> Receive(IUdpTransport transport, int count) =>
        Receive(transport, count, (batch, i) => (batch[i].ToArray(), batch.SourceOf(i).Remote));

    /// <summary>The fields that the next datagrams came with, and where from.</summary>
    public List<(EcnField Ecn, UdpEndPoint Source)> ReceiveEcn(IUdpTransport transport, int count) =>
        Receive(transport, count, (batch, i) => (batch.EcnOf(i), batch.SourceOf(i).Remote));

    private List<T> Receive<T>(IUdpTransport transport, int count, Func<ReceiveBatch, int, T> read)
    {
        var all = new List<T>();
        while (all.Count < count)
        {
            var received = transport.Receive(_batch);
            Assert.True(received > 0, $"only {all.Count} of {count} datagrams arrived");
            for (var i = 0; i < received; i++)
            {
                all.Add(read(_batch, i));
            }
        }
        Assert.Equal(count, all.Count);
        return all;
    }

    public void Dispose()
    {
        _patience.Dispose();
        Close();
        _batch.Dispose();
    }

    private void Close()
    {
        Left.Dispose();
        Right.Dispose();
    }
}
