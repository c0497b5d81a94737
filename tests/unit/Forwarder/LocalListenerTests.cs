using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Microsoft.Extensions.Logging.Abstractions;
using Onetun.Tunnel.Forwarding;
using Onetun.Tunnel.Resources;
using Xunit;

namespace Onetun.Forwarder.Tests;

public sealed class LocalListenerTests
{
    [Fact]
    public async Task A_client_that_is_gone_without_a_word_will_be_noticed()
    {
        var connections = new ConnectionSet(new Traffic(), new TcpLimits(), NullLogger.Instance);
        await using var listener = LocalListener.Bind(new IPEndPoint(IPAddress.Loopback, 0), connections, NullLogger.Instance);
        var accepted = new TaskCompletionSource<object?>();
        listener.Start(socket =>
        {
            accepted.SetResult(socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive));
            socket.Dispose();
            return Task.CompletedTask;
        });
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(listener.EndPoint, TestContext.Current.CancellationToken);
        Assert.NotEqual(0, await accepted.Task);
    }

    [Fact]
    public async Task A_client_beyond_the_descriptors_waits_until_another_has_gone()
    {
        var budget = new DescriptorBudget(NullLogger.Instance, 1);
        var connections = new ConnectionSet(new Traffic(), new TcpLimits(), NullLogger.Instance, descriptors: budget);
        await using var listener = LocalListener.Bind(new IPEndPoint(IPAddress.Loopback, 0), connections, NullLogger.Instance);
        var served = Channel.CreateUnbounded<Socket>();
        var gone = new TaskCompletionSource();
        listener.Start(socket =>
        {
            served.Writer.TryWrite(socket);
            return gone.Task;
        });
        using var first = await ConnectAsync(listener);
        var held = await served.Reader.ReadAsync(TestContext.Current.CancellationToken);
        using var second = await ConnectAsync(listener);
        Assert.False(served.Reader.TryRead(out _));
        Assert.Equal(1, budget.Used);
        gone.SetResult();
        await served.Reader.ReadAsync(TestContext.Current.CancellationToken);
        Assert.True(held.SafeHandle.IsClosed);
    }

    [Fact]
    public async Task A_client_whose_service_faults_is_closed_and_the_next_is_served()
    {
        var log = new TestLog();
        var connections = new ConnectionSet(new Traffic(), new TcpLimits(), log);
        await using var listener = LocalListener.Bind(new IPEndPoint(IPAddress.Loopback, 0), connections, NullLogger.Instance);
        listener.Start(_ => throw new FileLoadException());
        for (var i = 0; i < 2; i++)
        {
            using var client = await ConnectAsync(listener);
            Assert.Equal(0, await client.ReceiveAsync(new byte[1], TestContext.Current.CancellationToken));
        }

        Assert.All(log.Lines, line => Assert.Contains(nameof(FileLoadException), line, StringComparison.Ordinal));
        Assert.Equal(2, log.Lines.Count());
    }

    private static async Task<Socket> ConnectAsync(LocalListener listener)
    {
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(listener.EndPoint, TestContext.Current.CancellationToken);
        return client;
    }
}
