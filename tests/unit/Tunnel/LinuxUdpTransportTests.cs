using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;
using Xunit;

namespace Onetun.Tunnel.Tests;

[SupportedOSPlatform("linux")]
public sealed class LinuxUdpTransportTests
{
    private const int Datagrams = 40;

    public LinuxUdpTransportTests() => Assert.SkipUnless(OperatingSystem.IsLinux(), "Linux only");

    [Theory, InlineData(false), InlineData(true)]
    public void Run_of_equal_datagrams_is_one_system_call_each_way(bool ipv6)
    {
        using var pair = new LoopbackPair(TransportKind.Offloaded, ipv6);
        Assert.SkipUnless(pair.Left.Statistics.SendOffload, "this kernel has no UDP_SEGMENT");
        Assert.SkipUnless(pair.Left.Statistics.ReceiveOffload, "this kernel has no UDP_GRO");
        using var batch = LoopbackPair.Batch(Enumerable.Repeat(1452, Datagrams).Append(700),
            pair.RightEndpoint);
        pair.Left.Send(batch);
        pair.Receive(pair.Right, batch.Count);
        var sent = pair.Left.Statistics.Sent;
        var received = pair.Right.Statistics.Received;
        Assert.Equal((1, 1), (sent.SystemCalls, sent.Trains));
        Assert.Equal((1, 1), (received.SystemCalls, received.Trains));
    }

    [Fact]
    public void Without_offload_a_batch_is_still_one_system_call_each_way()
    {
        using var pair = new LoopbackPair(TransportKind.Batched, ipv6: false);
        using var batch = LoopbackPair.Batch(Enumerable.Repeat(1452, Datagrams), pair.RightEndpoint);
        pair.Left.Send(batch);
        pair.Receive(pair.Right, Datagrams);
        var sent = pair.Left.Statistics.Sent;
        var received = pair.Right.Statistics.Received;
        Assert.Equal((1, 0), (sent.SystemCalls, sent.Trains));
        Assert.Equal((1, 0), (received.SystemCalls, received.Trains));
        Assert.False(pair.Left.Statistics.SendOffload);
        Assert.False(pair.Left.Statistics.ReceiveOffload);
    }

    [Fact]
    public void Train_too_large_for_the_path_is_sent_again_one_by_one_and_remembered()
    {
        using var pair = new LoopbackPair(TransportKind.Offloaded, ipv6: true);
        using var narrow = OpenWithPathOf1280();
        Assert.SkipUnless(narrow.Statistics.SendOffload, "this kernel has no UDP_SEGMENT");
        using var large = LoopbackPair.Batch(Enumerable.Repeat(1452, Datagrams), pair.RightEndpoint);
        using var small = LoopbackPair.Batch(Enumerable.Repeat(1000, Datagrams), pair.RightEndpoint);

        narrow.Send(large);
        Assert.All(pair.Receive(pair.Right, Datagrams), d => Assert.Equal(1452, d.Bytes.Length));
        Assert.Equal((1, 0), (narrow.Statistics.Sent.RefusedTrains, narrow.Statistics.Sent.Trains));

        narrow.Send(large);
        pair.Receive(pair.Right, Datagrams);
        Assert.Equal((1, 0), (narrow.Statistics.Sent.RefusedTrains, narrow.Statistics.Sent.Trains));

        narrow.Send(small);
        pair.Receive(pair.Right, Datagrams);
        Assert.Equal((1, 1), (narrow.Statistics.Sent.RefusedTrains, narrow.Statistics.Sent.Trains));
    }

    [Fact]
    public void Refused_train_between_others_keeps_its_place()
    {
        using var pair = new LoopbackPair(TransportKind.Offloaded, ipv6: true);
        using var narrow = OpenWithPathOf1280();
        Assert.SkipUnless(narrow.Statistics.SendOffload, "this kernel has no UDP_SEGMENT");
        int[] sizes = [900, 900, 900, 1452, 1452, 1452, 800, 901, 901, 1452, 1452, 902, 902];
        using var batch = LoopbackPair.Batch(sizes, pair.RightEndpoint);
        narrow.Send(batch);
        Assert.Equal(sizes, pair.Receive(pair.Right, sizes.Length).Select(d => d.Bytes.Length));
        Assert.Equal((1, 3), (narrow.Statistics.Sent.RefusedTrains, narrow.Statistics.Sent.Trains));
    }

    [Fact]
    public void Effective_socket_buffers_are_reported()
    {
        using var transport = UdpTransport.Create(new IPEndPoint(IPAddress.Loopback, 0));
        Assert.InRange(transport.Statistics.ReceiveBuffer, 1, int.MaxValue);
        Assert.InRange(transport.Statistics.SendBuffer, 1, int.MaxValue);
    }

    private static LinuxUdpTransport OpenWithPathOf1280()
    {
        const int IPProtoIPv6 = 41;
        const int IPv6Mtu = 24;
        var options = new UdpTransportOptions();
        var socket = UdpTransport.Bind(new IPEndPoint(IPAddress.IPv6Loopback, 0), options);
        socket.SetRawSocketOption(IPProtoIPv6, IPv6Mtu, BitConverter.GetBytes(1280));
        return new LinuxUdpTransport(socket, options);
    }
}
