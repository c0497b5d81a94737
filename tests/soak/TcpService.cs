using System.Net;
using System.Net.Sockets;

namespace Onetun.Soak;

/// <summary>Does what clients ask. It judges bytes alone: whether a connection may break is known to its client.</summary>
internal sealed class TcpService(Socket listener, Tally tally)
{
    private const int Backlog = 512;

    public static Socket Listen(int port)
    {
        var socket = new Socket(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp) { DualMode = true };
        socket.Bind(new IPEndPoint(IPAddress.IPv6Any, port));
        socket.Listen(Backlog);
        return socket;
    }

    public async Task RunAsync()
    {
        while (true)
        {
            _ = ServeAsync(new Wire(await listener.AcceptAsync(), tally));
        }
    }

    private async Task ServeAsync(Wire wire)
    {
        using (wire)
        {
            try
            {
                await AnswerAsync(wire);
            }
            catch (WrongBytesException error)
            {
                tally.Wrong($"service: {error.Message}");
                wire.Abort();
            }
            catch (Exception error) when (error is SocketException or OperationCanceledException)
            {
                wire.Abort();
            }
        }
    }

    private static async Task AnswerAsync(Wire wire)
    {
        var head = new byte[Request.Size];
        var length = await wire.ReceiveAllAsync(head);
        if (length == 0)
        {
            return; // a client that gave up before it began
        }

        if (length < head.Length)
        {
            throw new WrongBytesException($"a request ends after {length} bytes");
        }

        var request = Request.Read(head);
        switch (request.Kind)
        {
            case RequestKind.Echo:
                await EchoAsync(wire);
                break;
            case RequestKind.AfterEnd:
                // One byte at once, by which the client knows that it has been heard
                await wire.SendPatternAsync(request.Seed + 1, 0, 1);
                await ReceiveAsync(wire, request);
                await wire.SendPatternAsync(request.Seed + 1, 1, request.Down - 1);
                break;
            default:
                await Task.WhenAll(ReceiveAsync(wire, request), wire.SendPatternAsync(request.Seed + 1, 0, request.Down));
                break;
        }

        // Tells the client that all has come
        wire.End();
    }

    private static async Task ReceiveAsync(Wire wire, Request request)
    {
        await wire.ReceivePatternAsync(request.Seed, 0, request.Up, request.Slow);
        await wire.ReceiveEndAsync();
    }

    private static async Task EchoAsync(Wire wire)
    {
        var buffer = new byte[16 * 1024];
        while (await wire.ReceiveAsync(buffer) is var length and > 0)
        {
            await wire.SendAsync(buffer.AsMemory(0, length));
        }
    }
}
