using System.Net;
using System.Net.Sockets;

namespace Onetun.Tunnel.Tests;

/// <summary>Stands in front of a UDP port, and lets nothing pass until it is opened; what came before passes then.</summary>
internal sealed class UdpGate : IDisposable
{
    private readonly Socket _inside = Bind();
    private readonly Socket _outside = Bind();
    private volatile EndPoint? _client;

    public IPEndPoint EndPoint => (IPEndPoint)_inside.LocalEndPoint!;

    public void Open(IPEndPoint peer)
    {
        _ = CarryAsync(_inside, _outside, () => peer);
        _ = CarryAsync(_outside, _inside, () => _client!);
    }

    public void Dispose()
    {
        _inside.Dispose();
        _outside.Dispose();
    }

    private static Socket Bind()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveBufferSize = 4 << 20 };
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return socket;
    }

    private async Task CarryAsync(Socket from, Socket to, Func<EndPoint> destination)
    {
        var buffer = new byte[65536];
        try
        {
            while (true)
            {
                var received = await from.ReceiveFromAsync(buffer, new IPEndPoint(IPAddress.Any, 0));
                _client = from == _inside ? received.RemoteEndPoint : _client;
                await to.SendToAsync(buffer.AsMemory(0, received.ReceivedBytes), destination());
            }
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // disposed
        }
    }
}
