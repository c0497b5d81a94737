using System.Net.Sockets;

namespace Onetun.NetStack.Tests;

/// <summary>Those who wait for a socket that continues inline go on in the round that brings what they wait for.</summary>
public sealed class RoundTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly MemoryDriver _client;
    private readonly MemoryDriver _server;

    public RoundTests() => (_client, _server) = MemoryDriver.Pair();

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _client.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_read_goes_on_in_the_round_if_its_socket_says_so(bool inline)
    {
        var (client, server) = await ConnectAsync();
        server.ContinuesInline = inline;
        var thread = ThreadOfReadAsync(server);
        await client.Output.WriteAsync("x"u8.ToArray());
        Assert.Equal(inline, await thread.WaitAsync(Patience) == _server.RoundThread);
    }

    [Fact]
    public async Task A_flush_goes_on_in_the_round_that_made_room()
    {
        var (client, server) = await ConnectAsync();
        client.ContinuesInline = true;
        var thread = ThreadOfFlushAsync(client, new byte[1_000_000]);
        Assert.False(thread.IsCompleted);
        await DrainAsync(server, 1_000_000).WaitAsync(Patience);
        Assert.Equal(_client.RoundThread, await thread.WaitAsync(Patience));
    }

    [Fact]
    public async Task What_is_written_in_a_round_leaves_at_its_end()
    {
        var (client, server) = await ConnectAsync();
        server.ContinuesInline = true;
        var answer = AnswerAsync();
        await client.Output.WriteAsync("x"u8.ToArray());
        Assert.Equal(0, await answer.WaitAsync(Patience));
        await DrainAsync(client, 2).WaitAsync(Patience);

        async Task<int> AnswerAsync()
        {
            await server.Input.ReadAsync().ConfigureAwait(false);
            var before = _server.Transmissions;
            await server.Output.WriteAsync("y"u8.ToArray()).ConfigureAwait(false);
            await server.Output.WriteAsync("z"u8.ToArray()).ConfigureAwait(false);
            return _server.Transmissions - before;
        }
    }

    [Fact]
    public async Task A_read_that_need_not_wait_comes_back_to_the_rounds()
    {
        var (client, server) = await ConnectAsync();
        server.ContinuesInline = true;
        await SendAsync(client, server);
        _server.Pause();
        var thread = ThreadOfReadAsync(server);
        Assert.False(thread.IsCompleted);
        _server.GoOn();
        Assert.Equal(_server.RoundThread, await thread.WaitAsync(Patience));
    }

    [Fact]
    public async Task A_read_that_comes_back_to_no_more_rounds_ends_with_the_stack()
    {
        var (client, server) = await ConnectAsync();
        server.ContinuesInline = true;
        await SendAsync(client, server);
        _server.Pause();
        var read = server.Input.ReadAsync().AsTask();
        Assert.False(read.IsCompleted);
        _server.AbortAll();
        await StreamFault.AssertAsync(SocketError.ConnectionAborted, read);
    }

    /// <summary>Ends when it has arrived.</summary>
    private static async Task SendAsync(TcpSocket from, TcpSocket to)
    {
        await from.Output.WriteAsync("x"u8.ToArray());
        Assert.True(SpinWait.SpinUntil(() => to.Input.TryRead(out var read) && Leave(read.Buffer.Start), Patience));

        bool Leave(SequencePosition position)
        {
            to.Input.AdvanceTo(position);
            return true;
        }
    }

    private static async Task<int> ThreadOfReadAsync(TcpSocket socket)
    {
        await socket.Input.ReadAsync().ConfigureAwait(false);
        return Environment.CurrentManagedThreadId;
    }

    private static async Task<int> ThreadOfFlushAsync(TcpSocket socket, byte[] data)
    {
        await socket.Output.WriteAsync(data).ConfigureAwait(false);
        return Environment.CurrentManagedThreadId;
    }

    private static async Task DrainAsync(TcpSocket socket, long bytes)
    {
        while (bytes > 0)
        {
            var read = await socket.Input.ReadAsync();
            bytes -= read.Buffer.Length;
            socket.Input.AdvanceTo(read.Buffer.End);
        }
    }

    private Task<(TcpSocket Client, TcpSocket Server)> ConnectAsync() => _server.ConnectAsync(_client);
}
