using System.Buffers;
using System.Net.Sockets;

namespace Onetun.Soak;

/// <summary>
/// A connected socket whose bytes are made and compared as they pass. Each operation may take as long as the longest fault
/// and the backed-off retransmission behind it; one that takes longer hangs.
/// </summary>
internal sealed class Wire(Socket socket, Tally tally) : IDisposable
{
    // After 200 s of SIGSTOP the far kernel sends one segment every 120 s (TCP_RTO_MAX), and any of them may meet the next
    // outage; it gives up after 924 s itself (tcp_retries2)
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(16);

    private const int Chunk = 64 * 1024;
    private const int SlowChunk = 16 * 1024;

    /// <summary>16 KiB each time: 160 to 800 KB/s.</summary>
    private static readonly (int Least, int Most) SlowPause = (20, 100);

    /// <summary>Something came from the other end.</summary>
    public bool HasReceived { get; private set; }

    public void End() => socket.Shutdown(SocketShutdown.Send);

    /// <summary>Resets it, so that the other end can tell this from an end.</summary>
    public void Abort()
    {
        socket.LingerState = new LingerOption(true, 0);
        socket.Close();
    }

    public void Dispose() => socket.Dispose();

    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        using var limit = new CancellationTokenSource(Patience);
        while (!bytes.IsEmpty)
        {
            bytes = bytes[await socket.SendAsync(bytes, limit.Token)..];
        }
    }

    /// <summary>Some bytes; none is the end.</summary>
    public async Task<int> ReceiveAsync(Memory<byte> buffer)
    {
        using var limit = new CancellationTokenSource(Patience);
        var length = await socket.ReceiveAsync(buffer, limit.Token);
        HasReceived |= length > 0;
        return length;
    }

    /// <summary>Fills the buffer, or less at the end.</summary>
    public async Task<int> ReceiveAllAsync(Memory<byte> buffer)
    {
        var filled = 0;
        while (filled < buffer.Length && await ReceiveAsync(buffer[filled..]) is var length and > 0)
        {
            filled += length;
        }

        return filled;
    }

    public async Task SendPatternAsync(ulong seed, long position, long length)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(Chunk);
        for (long sent = 0; sent < length;)
        {
            var next = (int)Math.Min(Chunk, length - sent);
            Pattern.Fill(seed, position + sent, buffer.AsSpan(0, next));
            await SendAsync(buffer.AsMemory(0, next));
            sent += next;
        }

        ArrayPool<byte>.Shared.Return(buffer);
    }

    /// <summary>Receives exactly so much.</summary>
    /// <exception cref="WrongBytesException">It is other bytes, or they end before.</exception>
    public async Task ReceivePatternAsync(ulong seed, long position, long length, bool slow = false)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(Chunk);
        for (long received = 0; received < length;)
        {
            var most = (int)Math.Min(slow ? SlowChunk : Chunk, length - received);
            var next = await ReceiveAsync(buffer.AsMemory(0, most));
            if (next == 0)
            {
                throw new WrongBytesException($"the end came after {position + received} of {position + length} bytes") { IsEnd = true };
            }

            Pattern.Check(seed, position + received, buffer.AsSpan(0, next));
            tally.Compared(next);
            received += next;
            if (slow)
            {
                await Task.Delay(Random.Shared.Next(SlowPause.Least, SlowPause.Most));
            }
        }

        ArrayPool<byte>.Shared.Return(buffer);
    }

    /// <exception cref="WrongBytesException">Something comes instead.</exception>
    public async Task ReceiveEndAsync()
    {
        var more = new byte[1];
        if (await ReceiveAsync(more) > 0)
        {
            throw new WrongBytesException($"{more[0]:x2} came behind the last byte");
        }
    }
}
