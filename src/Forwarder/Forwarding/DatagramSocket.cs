using System.Net;
using System.Net.Sockets;

namespace Onetun.Forwarder.Forwarding;

/// <summary>Local UDP sockets as the forwards want them.</summary>
internal static class DatagramSocket
{
    public const int LongestDatagram = 65535;

    // The system's default (208 KiB on Linux) holds 140 full datagrams; what it does not grant is no fault.
    private const int BufferSize = 4 << 20;

    /// <exception cref="SocketException">The port cannot be had.</exception>
    public static Socket Bind(IPEndPoint endPoint) => Create(endPoint, static (socket, at) => socket.Bind(at));

    /// <exception cref="SocketException">There is no way there.</exception>
    public static Socket Connect(IPEndPoint endPoint) => Create(endPoint, static (socket, to) => socket.Connect(to));

    private static Socket Create(IPEndPoint endPoint, Action<Socket, IPEndPoint> begin)
    {
        var socket = new Socket(endPoint.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            socket.ReceiveBufferSize = BufferSize;
            socket.SendBufferSize = BufferSize;
            if (OperatingSystem.IsWindows())
            {
                // SIO_UDP_CONNRESET off: one client that has gone must not fail the receive of all.
                socket.IOControl(unchecked((int)0x9800000C), [0, 0, 0, 0], null);
            }

            begin(socket, endPoint);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
