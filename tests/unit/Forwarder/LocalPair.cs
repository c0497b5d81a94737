using System.Net;
using System.Net.Sockets;
using Onetun.Forwarder.Forwarding;
using Xunit;

namespace Onetun.Forwarder.Tests;

/// <summary>A connection over loopback: the forwarder's end, and the client's.</summary>
internal sealed class LocalPair : IAsyncDisposable
{
    private LocalPair(LocalConnection connection, Socket peer) => (Connection, Peer) = (connection, peer);

    public LocalConnection Connection { get; }

    public Socket Peer { get; }

    public static async Task<LocalPair> CreateAsync()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        var peer = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await peer.ConnectAsync(listener.LocalEndPoint!);
        return new LocalPair(new LocalConnection(await listener.AcceptAsync()), peer);
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
