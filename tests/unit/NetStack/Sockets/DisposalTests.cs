using System.Net;
using System.Net.Sockets;

namespace Onetun.NetStack.Tests;

/// <summary>A socket that is disposed holds nobody up, and says so to whoever comes later.</summary>
public sealed class DisposalTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly MemoryDriver _client;
    private readonly MemoryDriver _server;

    public DisposalTests() => (_client, _server) = MemoryDriver.Pair();

    public enum By
    {
        Socket,
        Stream,
        StreamAsync,
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _client.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Theory]
    [InlineData(By.Socket)]
    [InlineData(By.Stream)]
    [InlineData(By.StreamAsync)]
    public async Task Disposing_ends_a_read_that_waits(By by)
    {
        var (client, _) = await _server.ConnectAsync(_client);
        var stream = client.AsStream();
        var read = stream.ReadAsync(new byte[1], Cancellation).AsTask();
        await DisposeAsync(by, client, stream);
        await StreamFault.AssertAsync(SocketError.OperationAborted, read);
    }

    [Theory]
    [InlineData(By.Socket)]
    [InlineData(By.Stream)]
    [InlineData(By.StreamAsync)]
    public async Task Disposing_ends_a_write_that_waits(By by)
    {
        var (client, _) = await _server.ConnectAsync(_client);
        var stream = client.AsStream();
        var write = Fill(client, stream, CancellationToken.None);
        await DisposeAsync(by, client, stream);
        await StreamFault.AssertAsync(SocketError.OperationAborted, write);
    }

    [Theory]
    [InlineData(By.Socket)]
    [InlineData(By.Stream)]
    [InlineData(By.StreamAsync)]
    public async Task A_disposed_stream_can_neither_read_nor_write(By by)
    {
        var (client, _) = await _server.ConnectAsync(_client);
        var stream = client.AsStream();
        Assert.True(stream.CanRead && stream.CanWrite);
        await DisposeAsync(by, client, stream);
        Assert.False(stream.CanRead || stream.CanWrite);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => stream.ReadAsync(new byte[1], Cancellation).AsTask());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => stream.WriteAsync(new byte[1], Cancellation).AsTask());
        await stream.FlushAsync(Cancellation);
    }

    [Fact]
    public async Task A_disposed_socket_takes_nothing_more()
    {
        var (client, _) = await _server.ConnectAsync(_client);
        await client.DisposeAsync();
        Assert.Throws<ObjectDisposedException>(() => client.Output.GetMemory());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => client.Output.FlushAsync(Cancellation).AsTask());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => client.Output.WriteAsync(new byte[1], Cancellation).AsTask());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => client.Input.ReadAsync(Cancellation).AsTask());
    }

    [Fact]
    public async Task Completing_the_input_ends_a_read_that_waits()
    {
        var (client, _) = await _server.ConnectAsync(_client);
        var read = client.Input.ReadAsync(Cancellation).AsTask();
        await client.Input.CompleteAsync();
        await StreamFault.AssertAsync(SocketError.OperationAborted, read);
    }

    [Fact]
    public async Task Disposing_a_udp_socket_ends_a_read_that_waits()
    {
        var udp = _client.ConnectUdp(IPEndPoint.Parse("10.0.0.1:53"));
        var read = udp.Input.ReadAsync(Cancellation).AsTask();
        await udp.DisposeAsync();
        var error = await Assert.ThrowsAsync<SocketException>(() => read.WaitAsync(Patience, Cancellation));
        Assert.Equal(SocketError.OperationAborted, error.SocketErrorCode);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => udp.Input.ReadAsync(Cancellation).AsTask());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => udp.Output.WriteAsync(new byte[1], Cancellation).AsTask());
        Assert.Throws<ObjectDisposedException>(() => udp.Send([1]));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Disposing_a_listener_ends_an_accept_that_waits(bool isUdp)
    {
        var (accept, listener) = Accept(isUdp, Cancellation);
        var waiting = accept();
        await listener.DisposeAsync();
        Assert.Null(await waiting.WaitAsync(Patience, Cancellation));
        Assert.Null(await accept());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_accept_that_waits_can_be_cancelled(bool isUdp)
    {
        using var cancelling = new CancellationTokenSource();
        var (accept, listener) = Accept(isUdp, cancelling.Token);
        await using var disposing = listener;
        var waiting = accept();
        await cancelling.CancelAsync();
        var error = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.WaitAsync(Patience, Cancellation));
        Assert.Equal(cancelling.Token, error.CancellationToken);
    }

    [Fact]
    public async Task Reads_and_writes_that_wait_can_be_cancelled()
    {
        var (client, _) = await _server.ConnectAsync(_client);
        await using var udp = _client.ConnectUdp(IPEndPoint.Parse("10.0.0.1:53"));
        using var cancelling = new CancellationTokenSource();
        var stream = client.AsStream();
        Task[] waiting =
        [
            stream.ReadAsync(new byte[1], cancelling.Token).AsTask(),
            Fill(client, stream, cancelling.Token),
            udp.Input.ReadAsync(cancelling.Token).AsTask(),
        ];
        await cancelling.CancelAsync();
        foreach (var task in waiting)
        {
            var error = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => task.WaitAsync(Patience, Cancellation));
            Assert.Equal(cancelling.Token, error.CancellationToken);
        }
    }

    [Fact]
    public async Task A_request_that_nobody_answers_ends_with_the_timeout_of_its_client()
    {
        var (client, _) = await _server.ConnectAsync(_client);
        using var handler = new SocketsHttpHandler
        {
            ConnectCallback = (_, _) => ValueTask.FromResult(client.AsStream()),
        };
        using var http = new HttpClient(handler) { Timeout = TimeSpan.FromMilliseconds(100) };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => http.GetAsync(new Uri("http://10.0.0.1/"), Cancellation).WaitAsync(Patience, Cancellation));
    }

    private static async Task DisposeAsync(By by, TcpSocket socket, Stream stream)
    {
        switch (by)
        {
            case By.Socket:
                await socket.DisposeAsync();
                break;
            case By.Stream:
                stream.Dispose();
                break;
            case By.StreamAsync:
                await stream.DisposeAsync();
                break;
        }
    }

    /// <summary>The first write that has to wait for a peer that does not read, whose window is shut.</summary>
    private static Task Fill(TcpSocket socket, Stream stream, CancellationToken cancellationToken)
    {
        while (true)
        {
            var write = stream.WriteAsync(new byte[65536], cancellationToken).AsTask();
            Assert.True(SpinWait.SpinUntil(() => write.IsCompleted || Waits(socket), Patience), "in vain");
            if (!write.IsCompleted)
            {
                return write;
            }
        }
    }

    // The ACK that shuts the window may make room for the write: who waits after that does so for good
    private static bool Waits(TcpSocket socket) =>
        socket.GetStatistics().SendWindow == 0 && ((TcpWriter)socket.Output).Signal is { IsArmed: true };

    private (Func<Task<object?>> Accept, IAsyncDisposable Listener) Accept(bool isUdp, CancellationToken cancellationToken)
    {
        if (isUdp)
        {
            var udp = _server.ListenUdp(53);
            return (async () => await udp.AcceptAsync(cancellationToken), udp);
        }

        var tcp = _server.ListenTcp(80);
        return (async () => await tcp.AcceptAsync(cancellationToken), tcp);
    }
}
