using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Onetun.Forwarder.Forwarding;
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
}
