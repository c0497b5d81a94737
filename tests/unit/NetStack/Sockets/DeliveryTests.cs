using System.Buffers;
using System.Net.Sockets;

namespace Onetun.NetStack.Tests;

/// <summary>Who closes a connection may wait until the peer has everything.</summary>
public sealed class DeliveryTests
{
    private static readonly TimeSpan Linger = TimeSpan.FromSeconds(30);

    private readonly VirtualHosts _hosts = new();

    public enum By
    {
        Dispose,
        SecondClose,
        Abort,
        Reset,
        AbortAll,
        CloseAll,
    }

    public static TheoryData<By> Ends => new(Enum.GetValues<By>());

    [Fact]
    public async Task Closing_the_output_waits_for_the_acknowledgment_of_its_end()
    {
        var (client, server) = await _hosts.ConnectAsync();
        _hosts.IsCut = true;
        "unflushed"u8.CopyTo(client.Output.GetSpan(9));
        client.Output.Advance(9);
        var closing = client.CloseWriteAsync().AsTask();
        _hosts.Exchange();
        Assert.False(closing.IsCompleted);
        _hosts.IsCut = false;
        _hosts.Advance(TimeSpan.FromSeconds(10));
        await _hosts.Until(closing);
        Assert.True(client.IsOutputAcknowledged);
        Assert.Equal("unflushed"u8.ToArray(), await ReadToEndAsync(server));

        await server.Output.WriteAsync("still"u8.ToArray());
        Assert.Equal(5, (await _hosts.Until(client.Input.ReadAsync().AsTask())).Buffer.Length);
        Assert.True(client.CloseWriteAsync().AsTask().IsCompletedSuccessfully, "it need not wait a second time");
    }

    [Fact]
    public async Task Closing_the_output_after_the_peer_has_waits_too()
    {
        var (client, server) = await _hosts.ConnectAsync();
        await _hosts.Until(server.CloseWriteAsync().AsTask());
        await _hosts.Until(client.CloseWriteAsync().AsTask());
        Assert.True(client.IsOutputAcknowledged);
    }

    [Fact]
    public async Task Closing_of_both_outputs_at_once_ends_for_both()
    {
        var (client, server) = await _hosts.ConnectAsync();
        Task[] closing = [client.CloseWriteAsync().AsTask(), server.CloseWriteAsync().AsTask()];
        await _hosts.Until(Task.WhenAll(closing));
        Assert.True(client.IsOutputAcknowledged && server.IsOutputAcknowledged);
    }

    [Theory]
    [InlineData(By.Reset, SocketError.ConnectionReset)]
    [InlineData(By.Abort, SocketError.ConnectionAborted)]
    [InlineData(By.AbortAll, SocketError.ConnectionAborted)]
    [InlineData(By.Dispose, SocketError.OperationAborted)]
    [InlineData(By.CloseAll, SocketError.OperationAborted)]
    public async Task Closing_the_output_fails_with_the_connection(By by, SocketError error)
    {
        var (client, server) = await _hosts.ConnectAsync();
        _hosts.IsCut = true;
        var closing = client.CloseWriteAsync().AsTask();
        await EndAsync(by, client, server);
        await StreamFault.AssertAsync(error, closing);
    }

    [Fact]
    public async Task Closing_the_output_can_be_cancelled_and_delivers_all_the_same()
    {
        var (client, server) = await _hosts.ConnectAsync();
        using var cancelling = new CancellationTokenSource();
        _hosts.IsCut = true;
        await client.Output.WriteAsync("late"u8.ToArray());
        var closing = client.CloseWriteAsync(cancelling.Token).AsTask();
        await cancelling.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _hosts.Until(closing));
        _hosts.IsCut = false;
        _hosts.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal("late"u8.ToArray(), await ReadToEndAsync(server));
    }

    [Fact]
    public async Task Closing_the_output_of_a_disposed_socket_says_so()
    {
        var (client, _) = await _hosts.ConnectAsync();
        await client.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => client.CloseWriteAsync().AsTask());
    }

    [Fact]
    public async Task A_close_that_lingers_delivers_though_received_data_is_unread()
    {
        var (client, server) = await _hosts.ConnectAsync();
        await server.Output.WriteAsync("unread"u8.ToArray());
        _hosts.Exchange();
        var answer = new byte[500_000];
        new Random(1).NextBytes(answer);
        var flush = client.Output.WriteAsync(answer).AsTask();
        var closing = client.CloseAsync(Linger).AsTask();
        await server.Output.WriteAsync("ignored"u8.ToArray());
        Assert.Equal(answer, await ReadToEndAsync(server));
        Assert.True(await _hosts.Until(closing));
        await _hosts.Until(flush);
        Assert.Equal(SocketError.Success, server.OutputError);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => client.Input.ReadAsync().AsTask());
    }

    [Fact]
    public async Task A_write_that_was_delivered_while_its_socket_lingered_has_not_failed()
    {
        var (client, server) = await _hosts.ConnectAsync();
        var writing = client.Output.WriteAsync(new byte[500_000]);
        Assert.False(writing.IsCompleted);
        var closing = client.CloseAsync(Linger).AsTask();
        Assert.Equal(500_000, (await ReadToEndAsync(server)).Length);
        Assert.True(await _hosts.Until(closing));
        Assert.False((await writing).IsCanceled);
    }

    [Fact]
    public async Task A_write_that_was_not_delivered_while_its_socket_lingered_fails()
    {
        var (client, _) = await _hosts.ConnectAsync();
        _hosts.IsCut = true;
        var writing = client.Output.WriteAsync(new byte[500_000]).AsTask();
        var closing = client.CloseAsync(Linger).AsTask();
        _hosts.Advance(Linger);
        Assert.False(await _hosts.Until(closing));
        await StreamFault.AssertAsync(SocketError.OperationAborted, writing);
    }

    [Fact]
    public async Task A_close_that_lingers_ends_a_read_that_waits()
    {
        var (client, _) = await _hosts.ConnectAsync();
        var read = client.Input.ReadAsync().AsTask();
        Assert.True(await _hosts.Until(client.CloseAsync(Linger).AsTask()));
        await StreamFault.AssertAsync(SocketError.OperationAborted, read);
    }

    [Fact]
    public async Task A_close_lingers_no_longer_than_it_may()
    {
        var (client, server) = await _hosts.ConnectAsync();
        _hosts.IsCut = true;
        await client.Output.WriteAsync("late"u8.ToArray());
        var closing = client.CloseAsync(Linger).AsTask();
        _hosts.Advance(Linger - TimeSpan.FromTicks(1));
        Assert.False(closing.IsCompleted);
        Assert.False(client.IsDisposed);
        _hosts.Advance(TimeSpan.FromTicks(1));
        Assert.False(await _hosts.Until(closing));
        Assert.True(client.IsDisposed);

        _hosts.IsCut = false; // As an orphan, it goes on
        _hosts.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal("late"u8.ToArray(), await ReadToEndAsync(server));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_close_that_does_not_linger_is_a_disposal(bool isRead)
    {
        var (client, server) = await _hosts.ConnectAsync();
        if (!isRead)
        {
            await server.Output.WriteAsync("unread"u8.ToArray());
            _hosts.Exchange();
        }

        Assert.False(await client.CloseAsync(TimeSpan.Zero));
        Assert.True(client.IsDisposed);
        _hosts.Exchange();
        Assert.Equal(isRead ? SocketError.Success : SocketError.ConnectionReset, server.OutputError);
    }

    [Theory]
    [MemberData(nameof(Ends))]
    public async Task Whatever_ends_the_connection_ends_a_close_that_lingers(By by)
    {
        var (client, server) = await _hosts.ConnectAsync();
        _hosts.IsCut = true;
        var closing = client.CloseAsync(Linger).AsTask();
        _hosts.Exchange();
        Assert.False(closing.IsCompleted);
        await EndAsync(by, client, server);
        Assert.False(await closing.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken));
        Assert.True(client.IsDisposed);
    }

    [Fact]
    public async Task A_close_that_is_cancelled_closes_at_once()
    {
        var (client, _) = await _hosts.ConnectAsync();
        using var cancelling = new CancellationTokenSource();
        _hosts.IsCut = true;
        var closing = client.CloseAsync(TimeSpan.MaxValue, cancelling.Token).AsTask();
        await cancelling.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _hosts.Until(closing));
        Assert.True(client.IsDisposed);
    }

    [Fact]
    public async Task Closing_again_tells_what_became_of_it()
    {
        var (client, _) = await _hosts.ConnectAsync();
        Assert.True(await _hosts.Until(client.CloseAsync(Linger).AsTask()));
        Assert.True(await client.CloseAsync(Linger));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => client.CloseAsync(-Linger).AsTask());
    }

    [Fact]
    public void The_limit_of_a_wait_that_is_over_does_not_end_a_half_closed_connection()
    {
        var network = new VirtualNetwork(new LinkOptions());
        var (client, _) = network.Connect();
        client.CloseOutput();
        client.Linger(network.Now, TimeSpan.FromSeconds(30));
        network.Run(TimeSpan.FromMinutes(10));
        Assert.Equal(TcpState.FinWait2, client.State);
    }

    private async Task EndAsync(By by, TcpSocket client, TcpSocket server)
    {
        switch (by)
        {
            case By.Dispose:
                await client.DisposeAsync();
                break;
            case By.SecondClose:
                Assert.False(await _hosts.Until(client.CloseAsync(Linger).AsTask()));
                break;
            case By.Abort:
                client.Abort();
                break;
            case By.Reset:
                _hosts.IsCut = false;
                server.Abort();
                break;
            case By.AbortAll:
                _hosts.Client.AbortAll();
                break;
            case By.CloseAll:
                _hosts.Client.CloseAll();
                break;
        }

        _hosts.Exchange();
    }

    private async Task<byte[]> ReadToEndAsync(TcpSocket socket)
    {
        var bytes = new ArrayBufferWriter<byte>();
        while (true)
        {
            var read = await _hosts.Until(socket.Input.ReadAsync().AsTask());
            foreach (var memory in read.Buffer)
            {
                bytes.Write(memory.Span);
            }

            socket.Input.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
            {
                return bytes.WrittenSpan.ToArray();
            }
        }
    }
}
