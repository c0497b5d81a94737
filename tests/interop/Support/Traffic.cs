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

    public static async Task<TcpClient> ConnectAsync(Forward forward)
    {
        var client = new TcpClient(forward.Local.AddressFamily) { NoDelay = true };
        await client.ConnectAsync(forward.Local, TestContext.Current.CancellationToken);
        return client;
    }

    /// <summary>Sends random bytes that follow from the seed, and gives their SHA-256.</summary>
    public static async Task<byte[]> SendAsync(this TcpClient client, int seed, long count)
    {
        using var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var random = new Random(seed);
        var block = new byte[BlockSize];
        for (var left = count; left > 0;)
        {
            var part = block.AsMemory(0, (int)Math.Min(left, block.Length));
            random.NextBytes(part.Span);
            digest.AppendData(part.Span);
            await client.GetStream().WriteAsync(part, TestContext.Current.CancellationToken);
            left -= part.Length;
        }

        return digest.GetHashAndReset();
    }

    /// <summary>Ends the sending side: FIN, and reading goes on.</summary>
    public static void EndSending(this TcpClient client) => client.Client.Shutdown(SocketShutdown.Send);

    /// <summary>Reads to the end, or so many bytes, and gives how many there were and their SHA-256.</summary>
    public static async Task<(long Count, byte[] Digest)> ReceiveAsync(this Stream stream, long limit = long.MaxValue)
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

        return (count, digest.GetHashAndReset());
    }

    /// <summary>Sends, ends the sending side, and gives the peer's whole answer.</summary>
    public static async Task<string> SendAndReadAnswerAsync(this TcpClient client, int seed, long count)
    {
        await client.SendAsync(seed, count);
        client.EndSending();
        using var reader = new StreamReader(client.GetStream());
        return await reader.ReadToEndAsync(TestContext.Current.CancellationToken);
    }

    public static async Task<string> GetPageAsync(Forward forward, TimeSpan limit)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        timeout.CancelAfter(limit);
        return await Http.GetStringAsync(forward.Uri(""), timeout.Token);
    }
}
