using System.Net.Sockets;
using Onetun.Tunnel;

namespace Onetun.Forwarder.Doctor;

/// <summary>The UDP port that WireGuard asks for is free, unless a onetun of ours has it, which its own check tells.</summary>
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
