using System.Net;
using System.Net.Sockets;

namespace Onetun.Interop;

/// <summary>Stands between onetun and the peer like a router that translates addresses, and can change its mind.</summary>
internal sealed class UdpRelay : IDisposable
{
    private static readonly IPEndPoint AnyPort = new(IPAddress.Loopback, 0);

    private readonly Socket _inside;
    private readonly IPEndPoint _peer;
    private Socket _outside = Open(AnyPort);
    private SocketAddress? _client;

    public UdpRelay(IPEndPoint peer, IPEndPoint? inside = null)
    {
        _inside = Open(inside ?? AnyPort);
        _peer = peer;
        _ = CarryOutAsync();
        _ = CarryInAsync(_outside);
    }

    /// <summary>What onetun takes for the peer.</summary>
    public IPEndPoint EndPoint => (IPEndPoint)_inside.LocalEndPoint!;

    /// <summary>From now on the peer sees onetun at another port, and nothing comes back through the old one.</summary>
    public void ChangePort()
    {
        var old = _outside;
        _outside = Open(AnyPort);
        _ = CarryInAsync(_outside);
        old.Dispose();
    }

    public void Dispose()
    {
        _inside.Dispose();
        _outside.Dispose();
    }

    private static Socket Open(IPEndPoint local)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveBufferSize = 4 << 20 };
        socket.Bind(local);
        return socket;
    }

    private async Task CarryOutAsync()
    {
        var buffer = new byte[65536];
        var peer = _peer.Serialize();
        var sender = new SocketAddress(AddressFamily.InterNetwork);
        while (await TryReceiveAsync(_inside, buffer, sender) is { } length)
        {
            // Onetun goes on from another port when nobody answers
            if (!sender.Equals(_client))
            {
                _client = Copy(sender);
            }

            await TrySendAsync(_outside, buffer.AsMemory(0, length), peer);
        }
    }

    private async Task CarryInAsync(Socket outside)
    {
        var buffer = new byte[65536];
        var sender = new SocketAddress(AddressFamily.InterNetwork);
        while (await TryReceiveAsync(outside, buffer, sender) is { } length)
        {
            await TrySendAsync(_inside, buffer.AsMemory(0, length), _client!);
        }
    }

    private static SocketAddress Copy(SocketAddress address)
    {
        var copy = new SocketAddress(address.Family, address.Size);
        address.Buffer.Span[..address.Size].CopyTo(copy.Buffer.Span);
        return copy;
    }

    private static async Task<int?> TryReceiveAsync(Socket socket, Memory<byte> buffer, SocketAddress sender)
    {
        try
        {
            return await socket.ReceiveFromAsync(buffer, SocketFlags.None, sender);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            return null;
        }
    }

    // What is sent while the port changes is lost, as on any network
    private static async Task TrySendAsync(Socket socket, Memory<byte> datagram, SocketAddress to)
    {
        try
        {
            await socket.SendToAsync(datagram, SocketFlags.None, to);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
        }
    }
}
