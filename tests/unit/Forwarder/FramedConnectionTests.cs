using System.Buffers;
using System.IO.Pipelines;
using Onetun.Forwarder.Gate;
using Onetun.Tunnel.Forwarding;
using Xunit;

namespace Onetun.Forwarder.Tests;

public sealed class FramedConnectionTests : IAsyncDisposable
{
    private readonly TestEnd _wire = new();
    private readonly FramedConnection _connection;

    public FramedConnectionTests() => _connection = new FramedConnection(_wire);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    [Fact]
    public async Task What_is_written_arrives_whatever_its_size()
    {
        var data = new byte[200_000];
        Random.Shared.NextBytes(data);
        await _connection.WriteAsync(data);
        await _connection.WriteAsync(default);
        await _connection.EndOutputAsync();

        var other = new TestEnd();
        await using var received = new FramedConnection(other);
        var arriving = other.ArriveAsync(await _wire.ReadSentAsync());
        Assert.Equal(data, await ReadToEndAsync(received));
        await arriving;
    }

    [Fact]
    public async Task A_break_is_not_an_end_and_overtakes_nothing()
    {
        await _wire.ArriveAsync([0, 3, 1, 2, 3]);
        await _wire.Arriving.CompleteAsync();
        var read = await _connection.Input.ReadAsync(Cancellation);
        Assert.Equal([1, 2, 3], read.Buffer.ToArray());
        _connection.Input.AdvanceTo(read.Buffer.End);
        await Assert.ThrowsAsync<EndOfStreamException>(async () => await _connection.Input.ReadAsync(Cancellation));
    }

    [Theory]
    [InlineData]
    [InlineData((byte)0)]
    [InlineData((byte)0, (byte)3, (byte)1)]
    public async Task Half_a_piece_is_not_an_end(params byte[] bytes)
    {
        await _wire.ArriveAsync(bytes);
        await _wire.Arriving.CompleteAsync();
        await Assert.ThrowsAsync<EndOfStreamException>(async () => await _connection.Input.ReadAsync(Cancellation));
    }

    [Fact]
    public async Task Who_reads_no_more_may_dispose_it_while_it_waits() =>
        await _connection.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30), Cancellation);

    private static async Task<byte[]> ReadToEndAsync(FramedConnection connection)
    {
        var received = new MemoryStream();
        await connection.Input.CopyToAsync(received, Cancellation);
        return received.ToArray();
    }
}
