using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Onetun.Soak;

/// <summary>A way through onetun to the service behind it.</summary>
/// <param name="Name">For messages.</param>
/// <param name="ConnectAsync">A connected socket, or a <see cref="SocketException"/>.</param>
internal sealed record Route(string Name, Func<CancellationToken, Task<Socket>> ConnectAsync)
{
    /// <summary>A forward that SIGHUP takes away and brings back.</summary>
    public bool ComesAndGoes { get; init; }

    /// <summary>A break cannot be told from an end: what the system has for it, RST, is of TCP.</summary>
    public bool HidesBreaks { get; init; }

    public static Route Forward(int port) => new(
        $"forward {port}", limit => DialAsync(new IPEndPoint(IPAddress.Loopback, port), limit));

    public static Route Unix(string path) =>
        new("unix forward", limit => DialAsync(new UnixDomainSocketEndPoint(path), limit)) { HidesBreaks = true };

    /// <summary>From the other end of the tunnel to a port of ours.</summary>
    public static Route Remote(Network far, IPEndPoint destination) => new($"remote {destination.Port}", limit =>
        DialAsync(far.Open(() => New(destination)), destination, limit));

    /// <summary>RFC 1928 without authentication.</summary>
    public static Route Socks5(int port, IPEndPoint destination) => new("SOCKS5", async limit =>
    {
        var socket = await DialAsync(new IPEndPoint(IPAddress.Loopback, port), limit);
        await SocksRequestAsync(socket, 1, destination, limit);
        return socket;
    });

    /// <summary>RFC 9110 §9.3.6.</summary>
    public static Route Http(int port, IPEndPoint destination) => new("HTTP CONNECT", async limit =>
    {
        var socket = await DialAsync(new IPEndPoint(IPAddress.Loopback, port), limit);
        await socket.SendAsync(Encoding.ASCII.GetBytes($"CONNECT {destination} HTTP/1.1\r\nHost: {destination}\r\n\r\n"), limit);
        // One by one, for the first byte behind the head is not ours
        var head = new StringBuilder();
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            head.Append((char)(await ReceiveAsync(socket, 1, limit))[0]);
        }

        var status = int.Parse(head.ToString().Split(' ')[1], CultureInfo.InvariantCulture);
        return status == 200 ? socket : throw Refusal(socket, status == 502, $"HTTP status {status}");
    });

    /// <summary>Asks a SOCKS5 proxy on a connection to it; the answer has the address that it took.</summary>
    public static async Task<IPEndPoint> SocksRequestAsync(Socket socket, byte command, IPEndPoint address, CancellationToken limit)
    {
        byte[] hello = [5, 1, 0];
        await socket.SendAsync(hello, limit);
        _ = await ReceiveAsync(socket, 2, limit);
        var port = new byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(port, (ushort)address.Port);
        byte[] request = [5, command, 0, 1, .. address.Address.GetAddressBytes(), .. port];
        await socket.SendAsync(request, limit);
        var reply = await ReceiveAsync(socket, 10, limit);
        return reply[1] == 0
            ? new IPEndPoint(new IPAddress(reply.AsSpan(4, 4)), BinaryPrimitives.ReadUInt16BigEndian(reply.AsSpan(8)))
            : throw Refusal(socket, reply[1] == 5, $"SOCKS5 reply {reply[1]}");
    }

    private static SocketException Refusal(Socket socket, bool isRefused, string message)
    {
        socket.Dispose();
        return isRefused
            ? new SocketException((int)SocketError.ConnectionRefused)
            : new SocketException((int)SocketError.ProtocolNotSupported, message);
    }

    private static async Task<byte[]> ReceiveAsync(Socket socket, int length, CancellationToken limit)
    {
        var bytes = new byte[length];
        for (var filled = 0; filled < length;)
        {
            var next = await socket.ReceiveAsync(bytes.AsMemory(filled), limit);
            filled += next > 0 ? next : throw new SocketException((int)SocketError.ConnectionAborted, "The proxy ended the connection.");
        }

        return bytes;
    }

    private static Socket New(EndPoint destination) => new(
        destination.AddressFamily,
        SocketType.Stream,
        destination is UnixDomainSocketEndPoint ? ProtocolType.Unspecified : ProtocolType.Tcp);

    private static Task<Socket> DialAsync(EndPoint destination, CancellationToken limit) =>
        DialAsync(New(destination), destination, limit);

    private static async Task<Socket> DialAsync(Socket socket, EndPoint destination, CancellationToken limit)
    {
        try
        {
            await socket.ConnectAsync(destination, limit);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
