using System.Net;
using System.Net.Sockets;

namespace Onetun.Tunnel;

/// <summary>Opens the transport that suits the system.</summary>
internal static class UdpTransport
{
    /// <summary>Opens a transport with a socket of its own.</summary>
    /// <exception cref="SocketException">The port is in use, the address is not ours, or there is no such interface.</exception>
    public static IUdpTransport Create(IPEndPoint bind, UdpTransportOptions? options = null)
    {
        options ??= new UdpTransportOptions();
        var socket = Bind(bind, options);
        try
        {
            return Over(socket, options);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Takes over a bound socket.</summary>
    public static IUdpTransport Over(Socket socket, UdpTransportOptions options) =>
        OperatingSystem.IsLinux() ? new LinuxUdpTransport(socket, options) : new SocketUdpTransport(socket, options);

    internal static Socket Bind(IPEndPoint bind, UdpTransportOptions options)
    {
        ArgumentNullException.ThrowIfNull(bind);
        var socket = options.Route.CreateSocket(bind.AddressFamily);
        try
        {
            if (bind.AddressFamily == AddressFamily.InterNetworkV6)
            {
                // Only the wildcard can take IPv4 peers too, as IPv4-mapped addresses (RFC 3493 §5.3)
                socket.DualMode = bind.Address.Equals(IPAddress.IPv6Any);
            }
            Enlarge(options.SocketBuffer, size => socket.ReceiveBufferSize = size);
            Enlarge(options.SocketBuffer, size => socket.SendBufferSize = size);
            try
            {
                socket.Bind(bind);
            }
            catch (SocketException error)
            {
                throw new SocketException((int)error.SocketErrorCode, $"The UDP socket {bind} cannot be bound: {error.Message}");
            }

            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Linux and Windows grant what they can; macOS refuses what is too much, so it is asked for less and less.
    /// </summary>
    private static void Enlarge(int size, Action<int> set)
    {
        const int Least = 64 << 10;
        for (; size >= Least; size /= 2)
        {
            try
            {
                set(size);
                return;
            }
            catch (SocketException)
            {
                // A smaller buffer works as well, only not as fast.
            }
        }
    }
}
