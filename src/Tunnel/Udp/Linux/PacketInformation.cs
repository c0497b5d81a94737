using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;

namespace Onetun.Tunnel;

/// <summary>IP_PKTINFO and IPV6_RECVPKTINFO: the system tells which address of ours a datagram came to.</summary>
[SupportedOSPlatform("linux")]
internal static class PacketInformation
{
    /// <summary>
    /// For a bound socket. False if it is bound to one address, which everything it sends leaves from, or if the system refuses.
    /// </summary>
    public static bool TryEnable(Socket socket)
    {
        var address = ((IPEndPoint)socket.LocalEndPoint!).Address;
        if (!address.Equals(IPAddress.Any) && !address.Equals(IPAddress.IPv6Any))
        {
            return false;
        }
        // With this an IPv6 socket is told of IPv4 datagrams too, with addresses in mapped form
        var ipv6 = socket.AddressFamily == AddressFamily.InterNetworkV6;
        try
        {
            socket.SetSocketOption(
                ipv6 ? SocketOptionLevel.IPv6 : SocketOptionLevel.IP, SocketOptionName.PacketInformation, true);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
