using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;

namespace Onetun.NetStack.Tests;

public sealed class SocketTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly MemoryDriver _client;
    private readonly MemoryDriver _server;

    public SocketTests() => (_client, _server) = MemoryDriver.Pair();

    private static IPEndPoint Server(int port) => new(IPAddress.Parse("10.0.0.1"), port);

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _client.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task What_one_side_writes_the_other_reads()
    {
        var (client, server) = await ConnectAsync();
        await client.Output.WriteAsync("ping"u8.ToArray());
        Assert.Equal("ping"u8.ToArray(), await ReadAsync(server.Input, 4));
        await server.Output.WriteAsync("pong"u8.ToArray());
        Assert.Equal("pong"u8.ToArray(), await ReadAsync(client.Input, 4));
    }

    [Fact]
    public async Task Completing_the_output_leaves_the_input_open()
    {
        var (client, server) = await ConnectAsync();
        await client.Output.CompleteAsync();
        Assert.True((await server.Input.ReadAsync().AsTask().WaitAsync(Patience)).IsCompleted);
        await server.Output.WriteAsync("still"u8.ToArray());
        Assert.Equal("still"u8.ToArray(), await ReadAsync(client.Input, 5));
    }

    [Fact]
    public async Task A_flush_that_waits_goes_on_when_its_socket_is_given_a_larger_buffer()
    {
        var (client, _) = await ConnectAsync();
        client.Options = client.Options with { MaxSendBuffer = 1000 };
        var flush = client.Output.WriteAsync(new byte[200_000]).AsTask(); // More than the window of who does not read
        Assert.True(SpinWait.SpinUntil(() => client.GetStatistics().SendWindow == 0, Patience));
        Assert.False(flush.IsCompleted);
        client.Options = client.Options with { MaxSendBuffer = 2_000_000 };
        Assert.Equal(2_000_000, client.Options.MaxSendBuffer);
        await flush.WaitAsync(Patience);
    }

    [Fact]
    public async Task Connections_are_listed_with_those_first_that_were_heard_last()
    {
        var (first, _) = await ConnectAsync();
        var (second, _) = await ConnectAsync();
        await first.Output.WriteAsync(new byte[7]);
        Assert.True(SpinWait.SpinUntil(() => first.GetStatistics().AcknowledgedBytes == 7, Patience));

        var connections = _client.GetTcpConnections(most: 10);
        Assert.Equal([first.LocalEndPoint, second.LocalEndPoint], connections.Select(connection => connection.LocalEndPoint));
        Assert.Equal((Server(80), TcpState.Established, 7L), Of(connections[0]));
        Assert.Equal(first.LocalEndPoint, Assert.Single(_client.GetTcpConnections(most: 1)).LocalEndPoint);

        static (IPEndPoint, TcpState, long) Of(TcpConnectionStatistics connection) =>
            (connection.RemoteEndPoint, connection.State, connection.Statistics.AcknowledgedBytes);
    }

    [Fact]
    public async Task Mean_round_trip_is_that_of_present_connections()
    {
        Assert.Equal(TimeSpan.Zero, _client.Stack.GetStatistics().MeanRoundTrip);
        var (first, _) = await ConnectAsync();
        var (second, _) = await ConnectAsync();
        TcpSocket[] sockets = [first, second];
        lock (_client.Lock)
        {
            var mean = sockets.Average(socket => socket.GetStatistics().RoundTrip.Ticks);
            Assert.InRange(_client.Stack.GetStatistics().MeanRoundTrip.Ticks, 1, long.MaxValue);
            Assert.Equal(mean, _client.Stack.GetStatistics().MeanRoundTrip.Ticks, tolerance: 1.0);
        }
    }

    [Fact]
    public async Task Abort_is_a_reset_for_the_other_side()
    {
        var (client, server) = await ConnectAsync();
        client.Abort();
        await StreamFault.AssertAsync(SocketError.ConnectionReset, server.Input.ReadAsync().AsTask());
    }

    [Fact]
    public async Task What_the_other_side_wrote_before_it_reset_is_read_before_the_reset()
    {
        var (client, server) = await ConnectAsync();
        var answer = new byte[100_000];
        new Random(413).NextBytes(answer);
        await server.Output.WriteAsync(answer);
        Assert.True(SpinWait.SpinUntil(() => server.GetStatistics().AcknowledgedBytes == answer.Length, Patience));
        server.Abort();
        Assert.True(SpinWait.SpinUntil(() => client.InputError == SocketError.ConnectionReset, Patience));

        var read = new MemoryStream();
        await StreamFault.AssertAsync(SocketError.ConnectionReset, client.AsStream().CopyToAsync(read));
        Assert.Equal(answer, read.ToArray());
    }

    [Fact]
    public async Task What_was_read_of_a_reset_connection_and_not_consumed_comes_once_more_at_the_most()
    {
        var (client, server) = await ConnectAsync();
        await server.Output.WriteAsync("half a line"u8.ToArray());
        var read = await client.Input.ReadAsync().AsTask().WaitAsync(Patience);
        server.Abort();
        client.Input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        await StreamFault.AssertAsync(SocketError.ConnectionReset, client.Input.ReadAsync().AsTask());
    }

    [Fact]
    public async Task Completing_the_output_with_an_exception_is_a_reset()
    {
        var (client, server) = await ConnectAsync();
        await client.Output.CompleteAsync(new InvalidOperationException("enough"));
        await StreamFault.AssertAsync(SocketError.ConnectionReset, server.Input.ReadAsync().AsTask());
    }

    [Fact]
    public async Task Disposing_with_unread_data_is_a_reset()
    {
        var (client, server) = await ConnectAsync();
        await client.Output.WriteAsync("unread"u8.ToArray());
        var read = await server.Input.ReadAsync().AsTask().WaitAsync(Patience);
        server.Input.AdvanceTo(read.Buffer.Start);
        await server.DisposeAsync();
        await StreamFault.AssertAsync(SocketError.ConnectionReset, client.Input.ReadAsync().AsTask());
    }

    [Fact]
    public async Task Connect_to_a_closed_port_is_refused()
    {
        var error = await Assert.ThrowsAsync<SocketException>(
            () => _client.ConnectTcpAsync(Server(81)).WaitAsync(Patience));
        Assert.Equal(SocketError.ConnectionRefused, error.SocketErrorCode);
    }

    [Fact]
    public async Task Flush_waits_for_a_reader_that_does_not_read_and_goes_on_when_it_does()
    {
        var (client, server) = await ConnectAsync();
        var written = 0L;
        var flush = default(ValueTask<FlushResult>);
        do
        {
            client.Output.Advance(client.Output.GetMemory(65536).Length);
            written = client.Output.UnflushedBytes + written;
            flush = client.Output.FlushAsync();
            Assert.True(written < 64 << 20, "a reader that does not read must stop the writer");
        }
        while (flush.IsCompletedSuccessfully);

        var pending = flush.AsTask();
        var read = 0L;
        while (read < written)
        {
            var result = await server.Input.ReadAsync().AsTask().WaitAsync(Patience);
            read += result.Buffer.Length;
            server.Input.AdvanceTo(result.Buffer.End);
        }

        await pending.WaitAsync(Patience);
        Assert.Equal(written, read);
    }

    [Fact]
    public async Task Examined_but_unconsumed_data_comes_again_with_what_follows()
    {
        var (client, server) = await ConnectAsync();
        await client.Output.WriteAsync("one"u8.ToArray());
        var first = await server.Input.ReadAsync().AsTask().WaitAsync(Patience);
        server.Input.AdvanceTo(first.Buffer.Start, first.Buffer.End);
        var second = server.Input.ReadAsync();
        Assert.False(second.IsCompleted);
        await client.Output.WriteAsync("two"u8.ToArray());
        Assert.Equal("onetwo"u8.ToArray(), (await second.AsTask().WaitAsync(Patience)).Buffer.ToArray());
    }

    [Fact]
    public async Task A_cancelled_read_throws_and_the_next_one_reads()
    {
        var (client, server) = await ConnectAsync();
        using var cancel = new CancellationTokenSource();
        var read = server.Input.ReadAsync(cancel.Token).AsTask();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read.WaitAsync(Patience));
        await client.Output.WriteAsync("x"u8.ToArray());
        Assert.Equal("x"u8.ToArray(), await ReadAsync(server.Input, 1));
    }

    [Fact]
    public async Task Disposing_a_listener_ends_its_accept()
    {
        var listener = _server.ListenTcp(80);
        var accept = listener.AcceptAsync().AsTask();
        await listener.DisposeAsync();
        Assert.Null(await accept.WaitAsync(Patience));
    }

    [Fact]
    public async Task The_end_of_the_driver_ends_accepts_reads_and_connects()
    {
        var (client, _) = await ConnectAsync();
        await using var listener = _client.ListenTcp(80);
        var accept = listener.AcceptAsync().AsTask();
        var read = client.Input.ReadAsync().AsTask();
        _client.AbortAll();
        Assert.Null(await accept.WaitAsync(Patience));
        await StreamFault.AssertAsync(SocketError.ConnectionAborted, read);
        await Assert.ThrowsAsync<SocketException>(
            () => _client.ConnectTcpAsync(client.RemoteEndPoint, TestContext.Current.CancellationToken).WaitAsync(Patience));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1200)]
    [InlineData(9000)]
    [InlineData(65_507)]
    public async Task A_datagram_arrives_as_one_read_whatever_its_size(int size)
    {
        await using var listener = _server.ListenUdp(53);
        await using var client = _client.ConnectUdp(Server(53));
        var payload = new byte[size];
        new Random(size).NextBytes(payload);
        client.Send(payload);
        client.Send([1, 2, 3]);
        await using var server = await listener.AcceptOneAsync().WaitAsync(Patience);
        Assert.Equal(payload, await ReadDatagramAsync(server.Input));
        Assert.Equal([1, 2, 3], await ReadDatagramAsync(server.Input));
        await server.Output.WriteAsync(payload);
        if (size > 0)
        {
            Assert.Equal(payload, await ReadDatagramAsync(client.Input));
        }
    }

    [Fact]
    public async Task A_datagram_to_a_closed_port_surfaces_as_one_error()
    {
        await using var client = _client.ConnectUdp(Server(54));
        client.Send([1]);
        var error = await Assert.ThrowsAsync<SocketException>(
            () => client.Input.ReadAsync().AsTask().WaitAsync(Patience));
        Assert.Equal(SocketError.ConnectionRefused, error.SocketErrorCode);
        Assert.False(client.Input.TryRead(out _));
    }

    private static async Task<byte[]> ReadAsync(PipeReader input, int count)
    {
        var result = await input.ReadAtLeastAsync(count).AsTask().WaitAsync(Patience);
        var bytes = result.Buffer.ToArray();
        input.AdvanceTo(result.Buffer.End);
        return bytes;
    }

    private static async Task<byte[]> ReadDatagramAsync(PipeReader input)
    {
        var result = await input.ReadAsync().AsTask().WaitAsync(Patience);
        var bytes = result.Buffer.ToArray();
        input.AdvanceTo(result.Buffer.End);
        return bytes;
    }

    private Task<(TcpSocket Client, TcpSocket Server)> ConnectAsync() => _server.ConnectAsync(_client);
}
