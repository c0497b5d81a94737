using System.Net;
using System.Net.Sockets;
using Onetun.Tests.Support;
using Onetun.WireGuard;
using Xunit;

namespace Onetun.Tunnel.Tests;

/// <summary>What every transport promises, whatever it is made of.</summary>
[Collection(Alone.Name)]
public sealed class UdpTransportContractTests
{
    public static IEnumerable<TheoryDataRow<TransportKind, bool>> Cases => LoopbackPair.Cases;

    // Loopback delivers at once, but a socket buffer of 208 KiB holds some 90 full datagrams only.
    private const int Burst = 50;

    [Theory, MemberData(nameof(Cases))]
    public void Every_size_up_to_1500_arrives_whole_and_in_order(TransportKind kind, bool ipv6)
    {
        using var pair = new LoopbackPair(kind, ipv6);
        foreach (var sizes in Enumerable.Range(1, 1500).Chunk(Burst))
        {
            using var batch = LoopbackPair.Batch(sizes, pair.RightEndpoint);
            pair.Left.Send(batch);
            AssertSame(batch, pair.Receive(pair.Right, batch.Count), pair.LeftEndpoint);
        }
    }

    [Theory, MemberData(nameof(Cases))]
    public void Receive_that_does_not_wait_brings_what_is_there_or_nothing(TransportKind kind, bool ipv6)
    {
        using var pair = new LoopbackPair(kind, ipv6);
        using var received = pair.Right.CreateReceiveBatch();
        Assert.Equal(0, pair.Right.TryReceive(received));

        using var batch = LoopbackPair.Batch([0, 200, 300], pair.RightEndpoint);
        pair.Left.Send(batch);
        Assert.Equal(3, pair.Right.TryReceive(received));
        Assert.Equal(batch[2], received[2]);
        Assert.Equal(0, pair.Right.TryReceive(received));
        Assert.Equal(0, received.Count);
        Assert.Equal(0, pair.Right.Statistics.Received.OtherErrors);
    }

    [Theory, MemberData(nameof(Cases))]
    public void Largest_datagram_arrives_whole(TransportKind kind, bool ipv6)
    {
        using var pair = new LoopbackPair(kind, ipv6);
        using var batch = LoopbackPair.Batch([65_507], pair.RightEndpoint);
        pair.Left.Send(batch);
        AssertSame(batch, pair.Receive(pair.Right, 1), pair.LeftEndpoint);
    }

    [Theory, MemberData(nameof(Cases))]
    public void Empty_datagram_keeps_its_place(TransportKind kind, bool ipv6)
    {
        using var pair = new LoopbackPair(kind, ipv6);
        using var batch = LoopbackPair.Batch([4, 0, 4], pair.RightEndpoint);
        pair.Left.Send(batch);
        AssertSame(batch, pair.Receive(pair.Right, 3), pair.LeftEndpoint);
    }

    [Theory, MemberData(nameof(Cases))]
    public void Thousand_datagrams_each_way_arrive_in_order(TransportKind kind, bool ipv6)
    {
        using var pair = new LoopbackPair(kind, ipv6);
        using var there = LoopbackPair.Batch(Enumerable.Repeat(1452, Burst), pair.RightEndpoint);
        using var back = LoopbackPair.Batch(Enumerable.Repeat(96, Burst), pair.LeftEndpoint);
        for (var i = 0; i < 1000 / Burst; i++)
        {
            pair.Left.Send(there);
            AssertSame(there, pair.Receive(pair.Right, Burst), pair.LeftEndpoint);
            pair.Right.Send(back);
            AssertSame(back, pair.Receive(pair.Left, Burst), pair.RightEndpoint);
        }
        Assert.Equal(1000, pair.Left.Statistics.Sent.Datagrams);
        Assert.Equal(1000 * 1452, pair.Left.Statistics.Sent.Bytes);
        Assert.Equal(1000, pair.Left.Statistics.Received.Datagrams);
        Assert.Equal(1000 * 96, pair.Left.Statistics.Received.Bytes);
    }

    [Theory, MemberData(nameof(Cases))]
    public void Mixed_sizes_and_destinations_each_arrive_where_they_should(TransportKind kind, bool ipv6)
    {
        using var pair = new LoopbackPair(kind, ipv6);
        int[] sizes = [1452, 1452, 1452, 700, 96, 96, 1452, 96, 1452, 1452, 1, 2];
        using var mixed = new DatagramBatch(64 << 10, 64);
        foreach (var size in sizes)
        {
            LoopbackPair.Add(mixed, size, pair.RightEndpoint);
            LoopbackPair.Add(mixed, size, pair.LeftEndpoint);
            LoopbackPair.Add(mixed, size, pair.LeftEndpoint);
        }
        pair.Left.Send(mixed);
        Assert.Equal(sizes, pair.Receive(pair.Right, sizes.Length).Select(d => d.Bytes.Length));
        Assert.Equal(
            sizes.SelectMany(size => new[] { size, size }),
            pair.Receive(pair.Left, sizes.Length * 2).Select(d => d.Bytes.Length));
    }

    [Theory, MemberData(nameof(Cases))]
    public void Datagrams_that_cannot_be_sent_are_counted_and_the_others_arrive(TransportKind kind, bool ipv6)
    {
        using var pair = new LoopbackPair(kind, ipv6);
        // An IPv4 socket has no way to IPv6 and one bound to ::1 none to IPv4.
        var wrongFamily = UdpEndPoint.From(new IPEndPoint(ipv6 ? IPAddress.Loopback : IPAddress.IPv6Loopback, 9));
        using var batch = new DatagramBatch(256 << 10, 16);
        LoopbackPair.Add(batch, 10, pair.RightEndpoint);
        LoopbackPair.Add(batch, 20, wrongFamily);
        LoopbackPair.Add(batch, 20, wrongFamily);
        LoopbackPair.Add(batch, 30, pair.RightEndpoint);
        LoopbackPair.Add(batch, 65_528, pair.RightEndpoint);
        LoopbackPair.Add(batch, 40, pair.RightEndpoint);
        pair.Left.Send(batch);
        Assert.Equal([10, 30, 40], pair.Receive(pair.Right, 3).Select(d => d.Bytes.Length));
        var sent = pair.Left.Statistics.Sent;
        Assert.Equal((3, 2, 1), (sent.Datagrams, sent.Unreachable, sent.TooLarge));
    }

    [Theory, MemberData(nameof(Cases))]
    public void Unreachable_port_does_not_disturb_later_receives(TransportKind kind, bool ipv6)
    {
        using var pair = new LoopbackPair(kind, ipv6);
        UdpEndPoint nobody;
        using (var gone = LoopbackPair.Open(kind, pair.Left.LocalEndPoint.Address))
        {
            nobody = UdpEndPoint.From(gone.LocalEndPoint);
        }
        using var lost = LoopbackPair.Batch([10, 10, 10], nobody);
        using var kept = LoopbackPair.Batch([11, 11, 11], pair.LeftEndpoint);
        for (var i = 0; i < 3; i++)
        {
            pair.Left.Send(lost);
            pair.Right.Send(kept);
            AssertSame(kept, pair.Receive(pair.Left, 3), pair.RightEndpoint);
        }
        Assert.Equal(9, pair.Left.Statistics.Sent.Datagrams);
    }

    // With UDP_GRO there is always room.
    [Theory]
    [InlineData(TransportKind.Socket, false)]
    [InlineData(TransportKind.Socket, true)]
    [InlineData(TransportKind.Batched, false)]
    [InlineData(TransportKind.Batched, true)]
    public void Datagram_larger_than_the_room_is_dropped_and_counted(TransportKind kind, bool ipv6)
    {
        using var pair = new LoopbackPair(kind, ipv6, maxDatagram: 1500);
        using var batch = LoopbackPair.Batch([1500, 1501, 9000, 1499], pair.RightEndpoint);
        pair.Left.Send(batch);
        Assert.Equal([1500, 1499], pair.Receive(pair.Right, 2).Select(d => d.Bytes.Length));
        Assert.Equal(2, pair.Right.Statistics.Received.Truncated);
    }

    [Theory, MemberData(nameof(Cases))]
    public void Dispose_ends_a_blocked_receive(TransportKind kind, bool ipv6)
    {
        for (var i = 0; i < 20; i++)
        {
            using var pair = new LoopbackPair(kind, ipv6);
            using var one = LoopbackPair.Batch([1], pair.RightEndpoint);
            using var heard = new ManualResetEventSlim();
            var last = -1;
            var receiver = new Thread(() =>
            {
                using var batch = pair.Right.CreateReceiveBatch();
                while ((last = pair.Right.Receive(batch)) > 0)
                {
                    heard.Set();
                }
            });
            receiver.Start();
            pair.Left.Send(one);
            heard.Wait(TestContext.Current.CancellationToken);
            pair.Right.Dispose();
            Assert.True(receiver.Join(TimeSpan.FromSeconds(10)), "the receiver still waits");
            Assert.Equal(0, last);
        }
    }

    [Theory, MemberData(nameof(Cases))]
    public void Disposed_transport_receives_nothing_and_sends_nothing(TransportKind kind, bool ipv6)
    {
        using var pair = new LoopbackPair(kind, ipv6);
        using var received = pair.Left.CreateReceiveBatch();
        using var batch = LoopbackPair.Batch([1, 1], pair.RightEndpoint);
        pair.Left.Dispose();
        pair.Left.Dispose();
        pair.Left.Send(batch);
        Assert.Equal(0, pair.Left.Receive(received));
        Assert.Equal(0, pair.Left.Statistics.Sent.Datagrams);
    }

    [Theory, MemberData(nameof(Cases))]
    public void Sending_and_receiving_allocate_nothing(TransportKind kind, bool ipv6)
    {
        using var pair = new LoopbackPair(kind, ipv6);
        using var received = pair.Right.CreateReceiveBatch();
        using var batch = LoopbackPair.Batch(Enumerable.Range(0, Burst).Select(i => i % 7 == 0 ? 96 : 1452),
            pair.RightEndpoint);
        long bytes = 0;
        Exchange(10);
        Assert.Equal(0, Allocation.LeastOf(() => Exchange(20)));
        Assert.True(bytes > 0);

        void Exchange(int rounds)
        {
            for (var round = 0; round < rounds; round++)
            {
                pair.Left.Send(batch);
                for (int count = 0, got = 1; count < Burst && got > 0; count += got)
                {
                    got = pair.Right.Receive(received);
                    for (var i = 0; i < got; i++)
                    {
                        bytes += received[i].Length + received.SourceOf(i).Port;
                    }
                }
            }
        }
    }

    [Theory]
    [InlineData(TransportKind.Socket)]
    [InlineData(TransportKind.Batched)]
    [InlineData(TransportKind.Offloaded)]
    public void Ipv6_wildcard_reaches_ipv4_peers(TransportKind kind)
    {
        Assert.SkipWhen(kind != TransportKind.Socket && !OperatingSystem.IsLinux(), "Linux only");
        using var pair = new LoopbackPair(kind, ipv6: false);
        Assert.SkipUnless(Socket.OSSupportsIPv6, "this machine has no IPv6");
        using var dual = LoopbackPair.Open(kind, IPAddress.IPv6Any);
        var dualEndpoint = UdpEndPoint.From(new IPEndPoint(IPAddress.Loopback, dual.LocalEndPoint.Port));
        using var there = LoopbackPair.Batch([1452, 1452, 1000], dualEndpoint);
        using var back = LoopbackPair.Batch([1452, 1452, 1000], pair.LeftEndpoint);
        pair.Left.Send(there);
        AssertSame(there, pair.Receive(dual, 3), pair.LeftEndpoint);
        dual.Send(back);
        AssertSame(back, pair.Receive(pair.Left, 3), dualEndpoint);
    }

    [Fact]
    public void Port_in_use_is_an_error_of_the_caller()
    {
        using var first = UdpTransport.Create(new IPEndPoint(IPAddress.Loopback, 0));
        var error = Assert.Throws<SocketException>(() => UdpTransport.Create(first.LocalEndPoint));
        Assert.Equal(SocketError.AddressAlreadyInUse, error.SocketErrorCode);
    }

    private static void AssertSame(DatagramBatch sent, List<(byte[] Bytes, UdpEndPoint Source)> received, UdpEndPoint source)
    {
        Assert.Equal(sent.Count, received.Count);
        for (var i = 0; i < sent.Count; i++)
        {
            Assert.True(sent[i].SequenceEqual(received[i].Bytes), $"datagram {i} differs");
            Assert.Equal(source, received[i].Source);
        }
    }
}
