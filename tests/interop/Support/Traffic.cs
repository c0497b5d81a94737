using System.Net.Sockets;
using System.Security.Cryptography;

namespace Onetun.Interop;

/// <summary>What a local application does with a forwarded port.</summary>
internal static class Traffic
{
    private const int BlockSize = 64 * 1024;

    private static readonly SocketsHttpHandler HttpHandler = new()
    {
        UseProxy = false,
        // every request opens a connection of its own
        PooledConnectionLifetime = TimeSpan.Zero,
    };

    public static HttpClient Http { get; } = new(HttpHandler) { Timeout = TimeSpan.FromMinutes(3) };

    public static async Task<NetworkStream> ConnectAsync(Forward forward)
    {
        var socket = new Socket(forward.Local.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(forward.Local, TestContext.Current.CancellationToken);
        return new NetworkStream(socket, ownsSocket: true);
    }

    /// <summary>Sends random bytes that follow from the seed, and gives their SHA-256.</summary>
    public static async Task<string> SendAsync(this NetworkStream stream, int seed, long count)
    {
        using var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var random = new Random(seed);
        var block = new byte[BlockSize];
        for (var left = count; left > 0;)
        {
            var part = block.AsMemory(0, (int)Math.Min(left, block.Length));
            random.NextBytes(part.Span);
            digest.AppendData(part.Span);
            await stream.WriteAsync(part, TestContext.Current.CancellationToken);
            left -= part.Length;
        }

        return Convert.ToHexStringLower(digest.GetHashAndReset());
    }

    /// <summary>Ends the sending side: FIN, and reading goes on.</summary>
    public static void EndSending(this NetworkStream stream) => stream.Socket.Shutdown(SocketShutdown.Send);

    /// <summary>Reads to the end, or so many bytes, and gives how many there were and their SHA-256.</summary>
    public static async Task<(long Count, string Digest)> ReceiveAsync(this Stream stream, long limit = long.MaxValue)
    {
        using var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var count = 0L;
        var block = new byte[BlockSize];
        while (count < limit)
        {
            var part = block.AsMemory(0, (int)Math.Min(limit - count, block.Length));
            var received = await stream.ReadAsync(part, TestContext.Current.CancellationToken);
            if (received == 0)
            {
                break;
            }

            digest.AppendData(part.Span[..received]);
            count += received;
        }

        return (count, Convert.ToHexStringLower(digest.GetHashAndReset()));
    }

    /// <summary>Sends both ways at once, and expects every byte back.</summary>
    public static async Task EchoAsync(Forward forward, int seed, long count)
    {
        await using var stream = await ConnectAsync(forward);
        var receiving = stream.ReceiveAsync();
        var sent = await stream.SendAsync(seed, count);
        stream.EndSending();
        Assert.Equal((count, sent), await receiving);
    }

    /// <summary>Sends a little, and expects it back; the connection stays open.</summary>
    public static async Task EchoBlockAsync(this Stream stream)
    {
        var block = new byte[10_000];
        Random.Shared.NextBytes(block);
        await stream.WriteAsync(block, TestContext.Current.CancellationToken);
        var echo = new byte[block.Length];
        await stream.ReadExactlyAsync(echo, TestContext.Current.CancellationToken);
        Assert.Equal(block, echo);
    }

    public static async Task<string> GetPageAsync(Forward forward, TimeSpan limit)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        timeout.CancelAfter(limit);
        return await Http.GetStringAsync(forward.Uri(""), timeout.Token);
    }

    /// <summary>The page, or null if it cannot be had.</summary>
    public static async Task<string?> TryGetPageAsync(Forward forward, TimeSpan limit)
    {
        try
        {
            return await GetPageAsync(forward, limit);
        }
        catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException)
        {
            return null;
        }
    }
}
