using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;

namespace Onetun.Tunnel.Forwarding;

/// <summary>Local UDP sockets as the forwards want them.</summary>
internal static class DatagramSocket
{
    public const int LongestDatagram = 65535;

    // All share it, for what is peeked at is never looked at.
    private static readonly byte[] Nothing = new byte[1];

    /// <summary>
    /// Bytes asked for each of a socket's buffers. The system's default (208 KiB on Linux) holds 140 full datagrams; it is not a
    /// fault if it grants less than is asked for.
    /// </summary>
    public const int BufferSize = 4 << 20;

    /// <exception cref="SocketException">The port cannot be had.</exception>
    public static Socket Bind(IPEndPoint endPoint) => Create(endPoint, static (socket, at) =>
    {
        BothFamilies.Enable(socket, at);
        socket.Bind(at);
    });

    /// <exception cref="SocketException">There is no way there.</exception>
    public static Socket Connect(IPEndPoint endPoint) => Create(endPoint, static (socket, to) => socket.Connect(to));

    /// <summary>
    /// Waits until a datagram can be received, without a buffer for it: many sockets wait, few have something at the same
    /// time, and each could be 64 KiB.
    /// </summary>
    /// <exception cref="SocketException">An ICMP error of an earlier datagram, or the socket has ended.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public static async ValueTask WaitAsync(Socket socket, CancellationToken cancellationToken = default)
    {
        try
        {
            await socket.ReceiveAsync(Nothing, SocketFlags.Peek, cancellationToken).ConfigureAwait(false);
        }
        catch (SocketException error) when (error.SocketErrorCode == SocketError.MessageSize)
        {
            // There is one, and Windows says that it is longer than that.
        }
    }

    private static Socket Create(IPEndPoint endPoint, Action<Socket, IPEndPoint> begin)
    {
        var socket = new Socket(endPoint.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            socket.ReceiveBufferSize = BufferSize;
            socket.SendBufferSize = BufferSize;
            if (OperatingSystem.IsWindows())
            {
                // This turns SIO_UDP_CONNRESET off: one client that has gone must not fail the receive of all.
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
