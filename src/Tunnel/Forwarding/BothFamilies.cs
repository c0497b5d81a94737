using System.Net;
using System.Net.Sockets;

namespace Onetun.Tunnel.Forwarding;

/// <summary>[::] is every address of this machine, those of IPv4 too, as a program in C has it by default (ipv6(7)).</summary>
internal static class BothFamilies
{
    /// <summary>To be called before the socket is bound there.</summary>
    public static void Enable(Socket socket, EndPoint endPoint)
    {
        if (endPoint is IPEndPoint ip && ip.Address.Equals(IPAddress.IPv6Any))
        {
            socket.DualMode = true;
        }
    }
}
