using System.Net;
using System.Net.Sockets;
using Onetun.Tests.Support;
using Onetun.WireGuard;
using Xunit;

namespace Onetun.Tunnel.Tests;

/// <summary>The ECN fields of the datagrams themselves, on real sockets.</summary>
[Collection(Alone.Name)]
public sealed class EcnTests
{
    private const int Size = 1452;

    // What can stand behind each other in a batch: changes in every direction, and runs of each.
    private static readonly EcnField[] Mixed =
    [
        EcnField.NotEct, EcnField.NotEct, EcnField.Ect0, EcnField.Ect0, EcnField.Ect0, EcnField.Ect1, EcnField.Ce, EcnField.Ce,
        EcnField.NotEct, EcnField.Ect0,
    ];

    public EcnTests() => Assert.SkipUnless(OperatingSystem.IsLinux(), "Linux only");

    /// <summary>Where a transport is bound, and the address of it that others speak to.</summary>
    public static IEnumerable<TheoryDataRow<TransportKind, string, string>> Cases =>
        from kind in new[] { TransportKind.Batched, TransportKind.Offloaded }
        from place in new (string Bind, string Address)[]
        {
            ("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "127.0.0.3"), ("::", "127.0.0.3"), ("::1", "::1"), ("::", "::1"),
        }
        select new TheoryDataRow<TransportKind, string, string>(kind, place.Bind, place.Address);

    [Theory, MemberData(nameof(Cases))]
    public void Field_that_another_program_sends_is_told_and_its_dscp_is_not(TransportKind kind, string bind, string address)
    {
        var spokenTo = Parse(address);
        using var pair = new LoopbackPair(kind, spokenTo.AddressFamily == AddressFamily.InterNetworkV6);
        using var transport = LoopbackPair.Open(kind, IPAddress.Parse(bind));
        using var program = new Socket(spokenTo.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        var there = new IPEndPoint(spokenTo, transport.LocalEndPoint.Port);
        foreach (var field in Mixed)
        {
            SetTrafficClass(program, 0xB8 | (int)field);
            program.SendTo(new byte[Size], there);
        }

        Assert.Equal(Mixed, pair.ReceiveEcn(transport, Mixed.Length).Select(datagram => datagram.Ecn));
    }

    [Theory, MemberData(nameof(Cases))]
    public void Batch_of_mixed_fields_arrives_each_with_its_own_there_and_back(TransportKind kind, string bind, string address)
    {
        var spokenTo = Parse(address);
        using var pair = new LoopbackPair(kind, spokenTo.AddressFamily == AddressFamily.InterNetworkV6);
        using var wide = LoopbackPair.Open(kind, IPAddress.Parse(bind));
        using var received = wide.CreateReceiveBatch();
        var here = UdpEndPoint.From(new IPEndPoint(spokenTo, wide.LocalEndPoint.Port));
        using var there = Batch(here);
        pair.Left.Send(there);
        using var back = new DatagramBatch(Mixed.Length * Size, Mixed.Length);
        while (back.Count < Mixed.Length)
        {
            var count = wide.Receive(received);
            for (var i = 0; i < count; i++)
            {
                Assert.Equal(there[back.Count], received[i]);
                LoopbackPair.Add(back, received[i].Length, received.SourceOf(i), received.EcnOf(i));
            }
        }

        wide.Send(back);

        Assert.Equal(Mixed.Select(field => (field, here)), pair.ReceiveEcn(pair.Left, Mixed.Length));
        var trains = wide.Statistics.SendOffload ? 3 : 0;
        Assert.Equal((1, trains), (wide.Statistics.Sent.SystemCalls, wide.Statistics.Sent.Trains));
        Assert.True(back.Refused.IsNone);
    }

    [Theory, MemberData(nameof(Cases))]
    public void Datagrams_after_marked_ones_are_not_marked(TransportKind kind, string bind, string address)
    {
        var spokenTo = Parse(address);
        using var pair = new LoopbackPair(kind, spokenTo.AddressFamily == AddressFamily.InterNetworkV6);
        using var transport = LoopbackPair.Open(kind, IPAddress.Parse(bind));
        var here = UdpEndPoint.From(new IPEndPoint(spokenTo, transport.LocalEndPoint.Port));
        using var marked = Batch(here);
        using var plain = LoopbackPair.Batch(Enumerable.Repeat(Size, Mixed.Length), here);
        pair.Left.Send(marked);
        pair.ReceiveEcn(transport, Mixed.Length);

        pair.Left.Send(plain);

        Assert.All(pair.ReceiveEcn(transport, Mixed.Length), datagram => Assert.Equal(EcnField.NotEct, datagram.Ecn));
    }

    [Theory, InlineData(false), InlineData(true)]
    public void Sockets_alone_send_and_receive_as_not_ect(bool ipv6)
    {
        using var pair = new LoopbackPair(TransportKind.Socket, ipv6);
        using var told = LoopbackPair.Open(TransportKind.Offloaded, pair.Left.LocalEndPoint.Address);
        using var there = Batch(UdpEndPoint.From(told.LocalEndPoint));
        using var back = Batch(pair.LeftEndpoint);

        pair.Left.Send(there);
        told.Send(back);

        Assert.All(pair.ReceiveEcn(told, Mixed.Length), datagram => Assert.Equal(EcnField.NotEct, datagram.Ecn));
        Assert.All(pair.ReceiveEcn(pair.Left, Mixed.Length), datagram => Assert.Equal(EcnField.NotEct, datagram.Ecn));
    }

    [Theory, MemberData(nameof(Cases))]
    public void Mixed_fields_allocate_nothing(TransportKind kind, string bind, string address)
    {
        var spokenTo = Parse(address);
        using var pair = new LoopbackPair(kind, spokenTo.AddressFamily == AddressFamily.InterNetworkV6);
        using var transport = LoopbackPair.Open(kind, IPAddress.Parse(bind));
        using var received = transport.CreateReceiveBatch();
        using var batch = Batch(UdpEndPoint.From(new IPEndPoint(spokenTo, transport.LocalEndPoint.Port)));
        long marks = 0;
        Exchange(10);
        Assert.Equal(0, Allocation.LeastOf(() => Exchange(20)));
        Assert.True(marks > 0);

        void Exchange(int rounds)
        {
            for (var round = 0; round < rounds; round++)
            {
                pair.Left.Send(batch);
                for (var count = 0; count < Mixed.Length; count += received.Count)
                {
                    transport.Receive(received);
                    for (var i = 0; i < received.Count; i++)
                    {
                        marks += received.EcnOf(i) == EcnField.Ce ? 1 : 0;
                    }
                }
            }
        }
    }

    private static IPAddress Parse(string address)
    {
        Assert.SkipUnless(Socket.OSSupportsIPv6, "this machine has no IPv6");
        return IPAddress.Parse(address);
    }

    private static DatagramBatch Batch(UdpEndPoint destination)
    {
        var batch = new DatagramBatch(Mixed.Length * Size, Mixed.Length);
        foreach (var field in Mixed)
        {
            LoopbackPair.Add(batch, Size, destination, field);
        }

        return batch;
    }

    private static void SetTrafficClass(Socket socket, int value)
    {
        const int IPProtoIPv6 = 41;
        const int IPv6TrafficClass = 67;
        if (socket.AddressFamily == AddressFamily.InterNetworkV6)
        {
            socket.SetRawSocketOption(IPProtoIPv6, IPv6TrafficClass, BitConverter.GetBytes(value));
        }
        else
        {
            socket.SetSocketOption(SocketOptionLevel.IP, SocketOptionName.TypeOfService, value);
        }
    }
}
