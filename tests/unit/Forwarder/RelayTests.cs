using System.IO.Pipelines;
using System.Net.Sockets;
using Onetun.Tunnel.Forwarding;
using Xunit;

namespace Onetun.Forwarder.Tests;

public sealed class RelayTests : IAsyncDisposable
{
    private readonly TestEnd _server = new();
    private readonly Traffic _traffic = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task Bytes_go_both_ways_unchanged()
    {
        await using var client = await LocalPair.CreateAsync();
        var relay = Relay.RunAsync(client.Connection, _server, _traffic);
        var (up, down) = (Bytes(1, 3_000_000), Bytes(2, 5_000_000));
        var sending = Task.Run(async () =>
        {
            await client.Peer.SendAsync(up);
            client.Peer.Shutdown(SocketShutdown.Send);
        }, Cancellation);
        var answering = Task.Run(async () =>
        {
            await _server.ArriveAsync(down);
            await _server.Arriving.CompleteAsync();
        }, Cancellation);
        var (received, sent) = (client.ReceiveToEndAsync(), _server.ReadSentAsync());
        Assert.Equal(down, await received);
        Assert.Equal(up, await sent);
        await Task.WhenAll(sending, answering);
        var result = await relay;
        Assert.Equal((up.LongLength, down.LongLength), (result.BytesUp, result.BytesDown));
        Assert.Null(result.Error);
        Assert.False(_server.IsAborted);
    }

    [Fact]
    public async Task A_client_that_ends_first_still_gets_the_whole_answer()
    {
        await using var client = await LocalPair.CreateAsync();
        var relay = Relay.RunAsync(client.Connection, _server, _traffic);
        await client.Peer.SendAsync("request"u8.ToArray());
        client.Peer.Shutdown(SocketShutdown.Send);
        Assert.Equal("request"u8.ToArray(), await _server.ReadSentAsync());

        var answer = Bytes(3, 2_000_000);
        var received = client.ReceiveToEndAsync();
        await _server.ArriveAsync(answer);
        await _server.Arriving.CompleteAsync();
        Assert.Equal(answer, await received);
        Assert.Equal(RelayEnding.ClosedByClient, (await relay).Ending);
    }

    [Fact]
    public async Task A_server_that_ends_first_still_gets_the_whole_request()
    {
        await using var client = await LocalPair.CreateAsync();
        var relay = Relay.RunAsync(client.Connection, _server, _traffic);
        await _server.Arriving.CompleteAsync();
        Assert.Empty(await client.ReceiveToEndAsync());

        await client.Peer.SendAsync("late"u8.ToArray());
        client.Peer.Shutdown(SocketShutdown.Send);
        Assert.Equal("late"u8.ToArray(), await _server.ReadSentAsync());
        Assert.Equal(RelayEnding.ClosedByServer, (await relay).Ending);
    }

    [Fact]
    public async Task A_client_that_resets_has_the_server_reset()
    {
        await using var client = await LocalPair.CreateAsync();
        var relay = Relay.RunAsync(client.Connection, _server, _traffic);
        LocalConnection.Reset(client.Peer);
        Assert.Equal(RelayEnding.BrokenByClient, (await relay).Ending);
        Assert.True(_server.IsAborted);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_client_that_ends_and_then_goes_altogether_lets_a_silent_server_go(bool unix)
    {
        await using var client = await (unix ? LocalPair.CreateUnixAsync() : LocalPair.CreateAsync());
        var time = new RelayClock();
        var relay = Relay.RunAsync(client.Connection, _server, _traffic, time: time);
        client.Peer.Shutdown(SocketShutdown.Send);
        Assert.Empty(await _server.ReadSentAsync());
        LocalConnection.Reset(client.Peer);
        Assert.Equal(RelayEnding.BrokenByClient, (await time.EndAsync(relay)).Ending);
        Assert.False(_server.IsAborted);
    }

    [Fact]
    public async Task A_client_that_goes_after_its_last_byte_does_not_keep_it_from_arriving()
    {
        await using var client = await LocalPair.CreateAsync();
        var time = new RelayClock();
        _server.IsDelivered = false;
        var relay = Relay.RunAsync(client.Connection, _server, _traffic, time: time);
        client.Peer.Shutdown(SocketShutdown.Send);
        Assert.Empty(await _server.ReadSentAsync());
        LocalConnection.Reset(client.Peer);
        time.Look(relay, 20);

        Assert.False(relay.IsCompleted);
        _server.IsDelivered = true;
        Assert.Equal(RelayEnding.BrokenByClient, (await time.EndAsync(relay)).Ending);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_client_that_has_ended_waits_for_its_answer_as_long_as_it_takes(bool unix)
    {
        await using var client = await (unix ? LocalPair.CreateUnixAsync() : LocalPair.CreateAsync());
        var time = new RelayClock();
        var relay = Relay.RunAsync(client.Connection, _server, _traffic, time: time);
        client.Peer.Shutdown(SocketShutdown.Send);
        Assert.Empty(await _server.ReadSentAsync());
        time.Look(relay, 20);

        await _server.ArriveAsync("late"u8.ToArray());
        await _server.Arriving.CompleteAsync();
        Assert.Equal("late"u8.ToArray(), await client.ReceiveToEndAsync());
        Assert.Equal(RelayEnding.ClosedByClient, (await relay).Ending);
    }

    /// <summary>A socket closed behind its end says nothing, and answers with RST when it is asked late enough.</summary>
    [Fact]
    public async Task A_client_that_has_ended_is_asked_within_a_minute_whether_it_is_there()
    {
        await using var client = await LocalPair.CreateAsync();
        Assert.Equal(SocketError.Success, client.Connection.ProbeOutput());
        Assert.Equal(60, client.Socket.GetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime));
    }

    [Fact]
    public async Task A_server_that_resets_has_the_client_reset()
    {
        await using var client = await LocalPair.CreateAsync();
        var relay = Relay.RunAsync(client.Connection, _server, _traffic);
        await _server.Arriving.CompleteAsync(new SocketException((int)SocketError.ConnectionReset));
        var result = await relay;
        Assert.Equal(RelayEnding.BrokenByServer, result.Ending);
        Assert.IsType<SocketException>(result.Error);
        await client.AssertResetAsync();
    }

    [Fact]
    public async Task A_server_that_does_not_take_data_any_more_has_the_client_reset()
    {
        await using var client = await LocalPair.CreateAsync();
        _server.WriteFailure = new IOException("gone");
        var relay = Relay.RunAsync(client.Connection, _server, _traffic);
        await client.Peer.SendAsync("x"u8.ToArray());
        Assert.Equal(RelayEnding.BrokenByServer, (await relay).Ending);
        await client.AssertResetAsync();
    }

    [Fact]
    public async Task A_reset_from_here_ends_both()
    {
        await using var client = await LocalPair.CreateAsync();
        var relay = Relay.RunAsync(client.Connection, _server, _traffic);
        client.Connection.Abort();
        await relay;
        Assert.True(_server.IsAborted);
        await client.AssertResetAsync();
    }

    [Fact]
    public async Task What_the_server_has_not_taken_holds_the_client_back()
    {
        var client = new TestEnd();
        var gate = _server.CloseGate();
        var relay = Relay.RunAsync(client, _server, _traffic);
        var writing = client.ArriveAsync(Bytes(4, 200_000));
        await _server.Waiting;
        Assert.False(writing.IsCompleted);

        gate.SetResult();
        await writing;
        await client.Arriving.CompleteAsync();
        await _server.Arriving.CompleteAsync();
        Assert.Equal(200_000, (await _server.ReadSentAsync()).Length);
        Assert.Equal(200_000, (await relay).BytesUp);
    }

    [Fact]
    public async Task What_lies_in_many_pieces_arrives_whole_though_the_client_takes_its_time()
    {
        await using var client = await LocalPair.CreateAsync();
        var data = Bytes(6, 8_000_000);
        var pieces = new Pipe(new PipeOptions(minimumSegmentSize: 1000, pauseWriterThreshold: 0));
        await pieces.Writer.WriteAsync(data, Cancellation);
        var read = await pieces.Reader.ReadAsync(Cancellation);
        Assert.False(read.Buffer.IsSingleSegment);

        var writing = client.Connection.WriteAsync(read.Buffer).AsTask();
        Assert.False(writing.IsCompleted); // more than the system takes at once
        var received = client.ReceiveToEndAsync();
        await writing;
        await client.Connection.EndOutputAsync();
        Assert.Equal(data, await received);
    }

    [Fact]
    public async Task A_write_of_many_pieces_to_a_client_that_is_gone_fails()
    {
        await using var client = await LocalPair.CreateAsync();
        LocalConnection.Reset(client.Peer);
        var pieces = new Pipe(new PipeOptions(minimumSegmentSize: 1000, pauseWriterThreshold: 0));
        await pieces.Writer.WriteAsync(Bytes(7, 100_000), Cancellation);
        var read = await pieces.Reader.ReadAsync(Cancellation);
        await Assert.ThrowsAsync<SocketException>(async () =>
        {
            while (true)
            {
                await client.Connection.WriteAsync(read.Buffer);
            }
        });
    }

    [Fact]
    public async Task A_relay_that_need_not_wait_leaves_the_thread_that_began_it()
    {
        var client = new TestEnd();
        _ = client.ArriveAsync(Bytes(8, 1_000_000));
        await client.Arriving.CompleteAsync();
        await _server.Arriving.CompleteAsync();

        Task<RelayResult>? relay = null;
        var thread = new Thread(() => relay = Relay.RunAsync(client, _server, _traffic));
        thread.Start();
        thread.Join();

        Assert.Equal(1_000_000, (await relay!).BytesUp);
        Assert.False(_server.WrittenByPool[0]);
        Assert.True(_server.WrittenByPool[^1]);
    }

    [Fact]
    public async Task Closing_delivers_what_the_client_has_not_read_yet()
    {
        await using var client = await LocalPair.CreateAsync();
        var data = Bytes(5, 8_000_000);
        var writing = Task.Run(async () =>
        {
            await client.Connection.WriteAsync(data);
            await client.Connection.EndOutputAsync();
            client.Peer.Shutdown(SocketShutdown.Send);
            Assert.True((await client.Connection.Input.ReadAsync(Cancellation)).IsCompleted);
            await client.Connection.DisposeAsync();
        }, Cancellation);
        Assert.Equal(data, await client.ReceiveToEndAsync());
        await writing;
    }

    internal static byte[] Bytes(int seed, int count)
    {
        var bytes = new byte[count];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }
}
