using System.Net;
using System.Net.Sockets;

namespace Onetun.Tunnel.Tests;

/// <summary>Stands in front of a UDP port like a path that swallows what is too long for it, without a word, both ways.</summary>
internal sealed class NarrowRelay : IDisposable
{
    private const int Headers = 20 + 8;

    private readonly Socket _inside = Open();
    private readonly Socket _outside = Open();
    private readonly int _mtu;
    private volatile EndPoint? _client;

    public NarrowRelay(IPEndPoint peer, int mtu)
    {
        _mtu = mtu;
        _ = CarryAsync(_inside, _outside, () => peer);
        _ = CarryAsync(_outside, _inside, () => _client);
    }

    public IPEndPoint EndPoint => (IPEndPoint)_inside.LocalEndPoint!;

    public void Dispose()
    {
        _inside.Dispose();
        _outside.Dispose();
    }

    private static Socket Open()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveBufferSize = 4 << 20 };
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return socket;
    }

    private async Task CarryAsync(Socket from, Socket to, Func<EndPoint?> destination)
    {
        var buffer = new byte[65536];
        try
        {
            while (true)
            {
                var received = await from.ReceiveFromAsync(buffer, new IPEndPoint(IPAddress.Any, 0));
                _client = from == _inside ? received.RemoteEndPoint : _client;
                if (received.ReceivedBytes + Headers <= _mtu && destination() is { } endPoint)
                {
                    await to.SendToAsync(buffer.AsMemory(0, received.ReceivedBytes), endPoint);
                }
            }
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // disposed
        }
    }
}
