using System.Net.Sockets;
using Onetun.Tunnel;

namespace Onetun.Forwarder.Doctor;

/// <summary>
/// The UDP port that WireGuard asks for is free, unless another onetun of this user has it, which has a check of its own.
/// </summary>
internal static class ListenPortCheck
{
    /// <summary>Null if it is, or any will do.</summary>
    public static Finding? Of(UdpTransportOptions options)
    {
        if (options.BindEndPoint is not { Port: not 0 } asked)
        {
            return null;
        }

        try
        {
            UdpTransport.Bind(asked, options).Dispose();
            return null;
        }
        catch (SocketException error)
        {
            return Finding.Problem(
                $"UDP {asked}, where WireGuard is to listen: {error.Message}",
                "Another program has the port, or the address is not of this machine: see ListenPort in the file, or "
                + "--endpoint-bind-addr.");
        }
    }
}
