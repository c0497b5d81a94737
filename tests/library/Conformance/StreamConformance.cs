using System.Net.Sockets;

namespace Onetun.Conformance.Tests;

/// <summary>
/// What a program may expect of the stream of a TCP connection. The cases are the same for .NET's own and for ours, and so are the
/// outcomes; what differs is in docs/library.md.
/// </summary>
public abstract class StreamConformance
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_pending_read_ends_with_disposal()
    {
        await using var pair = await OpenAsync();
        var reading = pair.Ours.ReadAsync(new byte[1], Cancellation).AsTask();
        await pair.Ours.DisposeAsync();
        await EndsAsync(SocketError.OperationAborted, reading);
    }

    [Fact]
    public async Task A_pending_write_fails_with_disposal()
    {
        await using var pair = await OpenAsync();
        var writing = FillAsync(pair.Ours, Cancellation);
#pragma warning disable CA1849, VSTHRD103 // The asynchronous one may wait for delivery
        pair.Ours.Dispose();
#pragma warning restore CA1849, VSTHRD103
        var error = await Assert.ThrowsAnyAsync<Exception>(() => writing.WaitAsync(Patience, Cancellation));
        Assert.True(error is ObjectDisposedException or IOException { InnerException: SocketException }, $"{error}");
    }

    [Fact]
    public async Task A_disposed_stream_says_so()
    {
        await using var pair = await OpenAsync();
        Assert.True(pair.Ours is { CanRead: true, CanWrite: true, CanSeek: false });
        await pair.Ours.DisposeAsync();
        Assert.True(pair.Ours is { CanRead: false, CanWrite: false, CanSeek: false });
        await Assert.ThrowsAsync<ObjectDisposedException>(() => pair.Ours.ReadAsync(new byte[1], Cancellation).AsTask());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => pair.Ours.WriteAsync(new byte[1], Cancellation).AsTask());
        await pair.Ours.FlushAsync(Cancellation);
        await pair.Ours.DisposeAsync();
    }

    [Fact]
    public async Task It_cannot_be_sought()
    {
        await using var pair = await OpenAsync();
        Assert.Throws<NotSupportedException>(() => pair.Ours.Length);
        Assert.Throws<NotSupportedException>(() => pair.Ours.Position);
        Assert.Throws<NotSupportedException>(() => pair.Ours.Position = 1);
        Assert.Throws<NotSupportedException>(() => pair.Ours.Seek(0, SeekOrigin.Begin));
        Assert.Throws<NotSupportedException>(() => pair.Ours.SetLength(1));
    }

    [Fact]
    public async Task A_pending_read_ends_with_the_other_side()
    {
        await using var pair = await OpenAsync();
        var reading = pair.Ours.ReadAsync(new byte[1], Cancellation).AsTask();
        await pair.EndTheirOutput();
        Assert.Equal(0, await reading.WaitAsync(Patience, Cancellation));
        Assert.Equal(0, await pair.Ours.ReadAsync(new byte[1], Cancellation));
    }

    [Fact]
    public async Task One_direction_goes_on_when_the_other_has_ended()
    {
        await using var pair = await OpenAsync();
        await pair.EndTheirOutput();
        Assert.Equal(0, await pair.Ours.ReadAsync(new byte[1], Cancellation));
        await pair.Ours.WriteAsync("still"u8.ToArray(), Cancellation);
        var buffer = new byte[5];
        await pair.Theirs.ReadExactlyAsync(buffer, Cancellation);
        Assert.Equal("still"u8.ToArray(), buffer);
        await pair.EndOurOutput();
        Assert.Equal(0, await pair.Theirs.ReadAsync(buffer, Cancellation));
    }

    [Fact]
    public async Task Nothing_is_written_after_our_own_end()
    {
        await using var pair = await OpenAsync();
        await pair.EndOurOutput();
        await Assert.ThrowsAnyAsync<Exception>(() => pair.Ours.WriteAsync(new byte[1], Cancellation).AsTask());
        await pair.Theirs.WriteAsync("x"u8.ToArray(), Cancellation);
        Assert.Equal(1, await pair.Ours.ReadAsync(new byte[8], Cancellation));
    }

    [Fact]
    public async Task A_pending_read_fails_with_a_reset()
    {
        await using var pair = await OpenAsync();
        var reading = pair.Ours.ReadAsync(new byte[1], Cancellation).AsTask();
        pair.AbortTheirs();
        await FailsAsync(SocketError.ConnectionReset, reading);
    }

    [Fact]
    public async Task What_came_before_a_reset_is_read_before_it_is_told()
    {
        await using var pair = await OpenAsync();
        await pair.Theirs.WriteAsync("last"u8.ToArray(), Cancellation);
        await pair.Arrival();
        pair.AbortTheirs();
        Assert.Equal(4, await pair.Ours.ReadAtLeastAsync(new byte[4], 4, cancellationToken: Cancellation));
        await FailsAsync(SocketError.ConnectionReset, pair.Ours.ReadAsync(new byte[1], Cancellation).AsTask());
    }

    [Fact]
    public async Task A_write_fails_after_a_reset()
    {
        await using var pair = await OpenAsync();
        pair.AbortTheirs();
        var error = await Assert.ThrowsAsync<IOException>(() => FillAsync(pair.Ours, Cancellation).WaitAsync(Patience, Cancellation));
        Assert.IsAssignableFrom<SocketException>(error.InnerException);
    }

    [Fact]
    public async Task Disposal_with_something_unread_ends_the_other_side()
    {
        await using var pair = await OpenAsync();
        await pair.Theirs.WriteAsync("unread"u8.ToArray(), Cancellation);
        await pair.Arrival();
#pragma warning disable CA1849, VSTHRD103 // The asynchronous one delivers first
        pair.Ours.Dispose();
#pragma warning restore CA1849, VSTHRD103
        await EndsAsync(SocketError.ConnectionReset, pair.Theirs.ReadAsync(new byte[1], Cancellation).AsTask());
    }

    [Fact]
    public async Task Disposal_delivers_what_was_written()
    {
        await using var pair = await OpenAsync();
        var reading = CountAsync(pair.Theirs);
        await pair.Ours.WriteAsync(new byte[300_000], Cancellation);
        await pair.Ours.DisposeAsync();
        Assert.Equal(300_000, await reading.WaitAsync(Patience, Cancellation));
    }

    [Fact]
    public async Task A_read_of_nothing_waits_for_something_and_takes_none_of_it()
    {
        await using var pair = await OpenAsync();
        var reading = pair.Ours.ReadAsync(Memory<byte>.Empty, Cancellation).AsTask();
        Assert.False(reading.IsCompleted);
        await pair.Theirs.WriteAsync("x"u8.ToArray(), Cancellation);
        Assert.Equal(0, await reading.WaitAsync(Patience, Cancellation));
        Assert.Equal(1, await pair.Ours.ReadAsync(new byte[8], Cancellation));
    }

    [Fact]
    public async Task A_write_of_nothing_sends_nothing()
    {
        await using var pair = await OpenAsync();
        await pair.Ours.WriteAsync(Memory<byte>.Empty, Cancellation);
        await pair.Ours.WriteAsync("x"u8.ToArray(), Cancellation);
        Assert.Equal(1, await pair.Theirs.ReadAsync(new byte[8], Cancellation));
    }

    [Fact]
    public async Task A_cancelled_read_takes_nothing_and_the_next_goes_on()
    {
        await using var pair = await OpenAsync();
        using var cancelling = new CancellationTokenSource();
        var reading = pair.Ours.ReadAsync(new byte[1], cancelling.Token).AsTask();
        await cancelling.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading.WaitAsync(Patience, Cancellation));
        await pair.Theirs.WriteAsync("x"u8.ToArray(), Cancellation);
        Assert.Equal(1, await pair.Ours.ReadAsync(new byte[8], Cancellation));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pair.Ours.ReadAsync(new byte[1], cancelling.Token).AsTask());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pair.Ours.WriteAsync(new byte[1], cancelling.Token).AsTask());
    }

    [Fact]
    public async Task A_cancelled_write_says_so()
    {
        await using var pair = await OpenAsync();
        using var cancelling = new CancellationTokenSource();
        var writing = FillAsync(pair.Ours, cancelling.Token);
        await cancelling.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => writing.WaitAsync(Patience, Cancellation));
    }

    [Fact]
    public async Task Reads_and_writes_of_both_sides_go_on_at_once()
    {
        await using var pair = await OpenAsync();
        var counts = new[] { CountAsync(pair.Ours), CountAsync(pair.Theirs) };
        await Task.WhenAll(
            WriteAndEndAsync(pair.Ours, pair.EndOurOutput),
            WriteAndEndAsync(pair.Theirs, pair.EndTheirOutput)).WaitAsync(Patience, Cancellation);
        var received = await Task.WhenAll(counts).WaitAsync(Patience, Cancellation);
        Assert.All(received, count => Assert.Equal(3_000_000, count));
    }

    [Fact]
    public async Task It_is_read_and_written_synchronously()
    {
        await using var pair = await OpenAsync();
        var read = await Task.Run(() =>
        {
            pair.Theirs.Write("sync"u8);
            var buffer = new byte[8];
            return pair.Ours.Read(buffer, 0, buffer.Length);
        }, Cancellation).WaitAsync(Patience, Cancellation);
        Assert.Equal(4, read);
    }

    [Fact]
    public async Task A_port_that_nobody_listens_on_refuses()
    {
        var error = await Assert.ThrowsAsync<SocketException>(ConnectNowhereAsync);
        Assert.Equal(SocketError.ConnectionRefused, error.SocketErrorCode);
    }

    internal abstract Task<StreamPair> OpenAsync();

    protected abstract Task ConnectNowhereAsync();

    private static async Task FailsAsync(SocketError expected, Task task)
    {
        var error = await Assert.ThrowsAsync<IOException>(() => task.WaitAsync(Patience, Cancellation));
        Assert.Equal(expected, Assert.IsAssignableFrom<SocketException>(error.InnerException).SocketErrorCode);
    }

    /// <summary>It reads nothing, or fails: .NET shuts the socket down before it closes it, and what is seen first is chance.</summary>
    private static async Task EndsAsync(SocketError expected, Task<int> reading)
    {
        try
        {
            Assert.Equal(0, await reading.WaitAsync(Patience, Cancellation));
        }
        catch (IOException error)
        {
            Assert.Equal(expected, Assert.IsAssignableFrom<SocketException>(error.InnerException).SocketErrorCode);
        }
    }

    /// <summary>Writes until there is no room, or it fails.</summary>
    private static async Task FillAsync(Stream stream, CancellationToken cancellationToken)
    {
        var block = new byte[1 << 20];
        while (true)
        {
            await stream.WriteAsync(block, cancellationToken);
        }
    }

    private static async Task WriteAndEndAsync(Stream stream, Func<ValueTask> end)
    {
        for (var i = 0; i < 30; i++)
        {
            await stream.WriteAsync(new byte[100_000], Cancellation);
        }

        await end();
    }

    private static async Task<long> CountAsync(Stream stream)
    {
        var buffer = new byte[65536];
        for (var total = 0L; ;)
        {
            var read = await stream.ReadAsync(buffer, Cancellation);
            if (read == 0)
            {
                return total;
            }

            total += read;
        }
    }
}
