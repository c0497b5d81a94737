using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Onetun.Interop;

/// <summary>Ports on loopback that nobody uses right now, and that no other test has been given.</summary>
internal static class FreePort
{
    private static readonly ConcurrentDictionary<(ProtocolType Protocol, int Port), bool> Given = [];

    public static int Tcp() => Find(SocketType.Stream, ProtocolType.Tcp);

    public static int Udp() => Find(SocketType.Dgram, ProtocolType.Udp);

    private static int Find(SocketType type, ProtocolType protocol)
    {
        while (true)
        {
            using var socket = new Socket(AddressFamily.InterNetwork, type, protocol);
            socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            var port = ((IPEndPoint)socket.LocalEndPoint!).Port;
            if (Given.TryAdd((protocol, port), true))
            {
                return port;
            }
        }
    }
}
