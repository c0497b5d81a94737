using System.Net;
using System.Net.Sockets;

namespace Onetun.NetStack.Tests;

/// <summary>Faults are told as .NET's own streams tell them, and in the task that was returned.</summary>
public sealed class FailureTests : IAsyncLifetime
{
    private readonly MemoryDriver _client;
    private readonly MemoryDriver _server;

    public FailureTests() => (_client, _server) = MemoryDriver.Pair();

    private static CancellationToken Cancelled => new(canceled: true);

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _client.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task A_reset_is_an_io_exception_with_the_socket_error_inside()
    {
        var (client, server) = await _server.ConnectAsync(_client);
        var stream = client.AsStream();
        server.Abort();
        await StreamFault.AssertAsync(SocketError.ConnectionReset, stream.ReadAsync(new byte[1], default).AsTask());
        await StreamFault.AssertAsync(SocketError.ConnectionReset, stream.WriteAsync(new byte[1], default).AsTask());
        await StreamFault.AssertAsync(SocketError.ConnectionReset, client.Input.ReadAsync().AsTask());
        await StreamFault.AssertAsync(SocketError.ConnectionReset, client.Output.FlushAsync().AsTask());
    }

    [Fact]
    public async Task What_fails_at_once_fails_in_the_task()
    {
        var (client, _) = await _server.ConnectAsync(_client);
        await using var udp = _client.ConnectUdp(IPEndPoint.Parse("10.0.0.1:53"));
        client.Abort();
        Assert.True(client.Input.ReadAsync().AsTask().IsFaulted);
        Assert.True(client.Output.FlushAsync().AsTask().IsFaulted);
        Assert.True(client.Output.WriteAsync(new byte[1]).AsTask().IsFaulted);
        await client.Output.CompleteAsync();
        Assert.True(client.Output.WriteAsync(new byte[1]).AsTask().IsFaulted);
        Assert.True(udp.Output.WriteAsync(new byte[UdpSocket.MaxPayload + 1]).AsTask().IsFaulted);
        Assert.True(udp.Output.WriteAsync(new byte[1]).AsTask().IsCompletedSuccessfully);
    }

    [Fact]
    public async Task What_is_cancelled_before_it_begins_is_cancelled_in_the_task()
    {
        var (client, _) = await _server.ConnectAsync(_client);
        await using var udp = _client.ConnectUdp(IPEndPoint.Parse("10.0.0.1:53"));
        Assert.True(client.Input.ReadAsync(Cancelled).AsTask().IsCanceled);
        Assert.True(client.Output.FlushAsync(Cancelled).AsTask().IsCanceled);
        Assert.True(client.Output.WriteAsync(new byte[1], Cancelled).AsTask().IsCanceled);
        Assert.True(udp.Input.ReadAsync(Cancelled).AsTask().IsCanceled);
        Assert.True(udp.Output.WriteAsync(new byte[1], Cancelled).AsTask().IsCanceled);
    }

    [Fact]
    public async Task A_second_read_at_a_time_fails_in_the_task_and_leaves_the_first_alone()
    {
        var (client, server) = await _server.ConnectAsync(_client);
        var first = client.Input.ReadAsync().AsTask();
        await Assert.ThrowsAsync<InvalidOperationException>(() => client.Input.ReadAsync().AsTask());
        await server.Output.WriteAsync("x"u8.ToArray());
        Assert.Equal(1, (await first.WaitAsync(TimeSpan.FromSeconds(20))).Buffer.Length);
    }
}
