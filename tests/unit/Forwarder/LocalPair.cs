using System.Net;
using System.Net.Sockets;
using Onetun.Tunnel.Forwarding;
using Xunit;

namespace Onetun.Forwarder.Tests;

/// <summary>A connection over loopback: the forwarder's end, and the client's.</summary>
internal sealed class LocalPair : IAsyncDisposable
{
    private LocalPair(Socket socket, Socket peer) => (Socket, Connection, Peer) = (socket, new LocalConnection(socket), peer);

    public LocalConnection Connection { get; }

    /// <summary>What the connection took over.</summary>
    public Socket Socket { get; }

    public Socket Peer { get; }

    public static Task<LocalPair> CreateAsync() => CreateAsync(new IPEndPoint(IPAddress.Loopback, 0));

    /// <summary>Over a Unix-domain socket.</summary>
    public static async Task<LocalPair> CreateUnixAsync()
    {
        var directory = Directory.CreateTempSubdirectory();
        try
        {
            return await CreateAsync(new UnixDomainSocketEndPoint(Path.Combine(directory.FullName, "socket")));
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    private static async Task<LocalPair> CreateAsync(EndPoint endPoint)
    {
        using var listener = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(endPoint);
        listener.Listen();
        var peer = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Unspecified);
        await peer.ConnectAsync(listener.LocalEndPoint!);
        return new LocalPair(await listener.AcceptAsync(), peer);
    }

    public async Task<byte[]> ReceiveToEndAsync()
    {
        var received = new MemoryStream();
        var buffer = new byte[64 * 1024];
        while (await Peer.ReceiveAsync(buffer) is > 0 and var count)
        {
            await received.WriteAsync(buffer.AsMemory(0, count));
        }

        return received.ToArray();
    }

    public async Task AssertResetAsync()
    {
        var error = await Assert.ThrowsAsync<SocketException>(async () => await Peer.ReceiveAsync(new byte[1]));
        Assert.Equal(SocketError.ConnectionReset, error.SocketErrorCode);
    }

    public async ValueTask DisposeAsync()
    {
        await Connection.DisposeAsync();
        Peer.Dispose();
    }
}
