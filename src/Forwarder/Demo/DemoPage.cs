using System.Buffers;
using System.Net.Sockets;
using System.Text;
using Onetun.NetStack;

namespace Onetun.Forwarder.Demo;

/// <summary>A web server of one page, inside a tunnel.</summary>
internal sealed class DemoPage
{
    private const int LongestRequest = 16 * 1024;

    private static readonly byte[] Response = Encoding.UTF8.GetBytes(MakeResponse("""
        <!DOCTYPE html>
        <html lang="en">
        <head><title>onetun</title></head>
        <body>
        <h1>It works.</h1>
        <p>This page came through a WireGuard tunnel between two peers in one process:
        your request was carried by a TCP/IP stack of onetun's own, sealed, sent as UDP datagrams over the
        loopback interface, opened by the other peer, and answered the same way.</p>
        </body>
        </html>

        """));

    private readonly SocketListener<TcpSocket> _listener;

    public DemoPage(SocketListener<TcpSocket> listener) => _listener = listener;

    /// <summary>Answers until the listener is disposed.</summary>
    public async Task ServeAsync()
    {
        while (await _listener.AcceptAsync().ConfigureAwait(false) is { } socket)
        {
            _ = AnswerAsync(socket);
        }
    }

    private static async Task AnswerAsync(TcpSocket socket)
    {
        await using (socket.ConfigureAwait(false))
        {
            try
            {
                if (await ReadRequestAsync(socket).ConfigureAwait(false))
                {
                    await socket.Output.WriteAsync(Response).ConfigureAwait(false);
                    await socket.Output.CompleteAsync().ConfigureAwait(false);
                }
            }
            catch (Exception error) when (error is SocketException or IOException)
            {
                // The client has gone.
            }
        }
    }

    /// <summary>Takes in one request's header; false if there is none.</summary>
    private static async Task<bool> ReadRequestAsync(TcpSocket socket)
    {
        while (true)
        {
            var read = await socket.Input.ReadAsync().ConfigureAwait(false);
            if (read.Buffer.Length is var length && EndsHeader(read.Buffer))
            {
                socket.Input.AdvanceTo(read.Buffer.End);
                return true;
            }

            socket.Input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            if (read.IsCompleted || length > LongestRequest)
            {
                return false;
            }
        }
    }

    private static bool EndsHeader(ReadOnlySequence<byte> request) =>
        new SequenceReader<byte>(request).TryReadTo(out ReadOnlySequence<byte> _, "\r\n\r\n"u8);

    private static string MakeResponse(string page)
    {
        var body = page.ReplaceLineEndings("\n");
        return $"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n"
            + $"Content-Length: {Encoding.UTF8.GetByteCount(body)}\r\nConnection: close\r\n\r\n{body}";
    }
}
