using System.Net.Sockets;
using Onetun.Tunnel;

namespace Onetun.Forwarder.Doctor;

/// <summary>Datagrams may have to leave by an interface, or with a mark.</summary>
internal static class WayOutCheck
{
    /// <summary>Null if they can.</summary>
    public static Finding? Of(TunnelOptions options)
    {
        try
        {
            options.Transport.Route.CreateSocket(AddressFamily.InterNetwork).Dispose();
            return null;
        }
        catch (SocketException error)
        {
            return Finding.Problem(
                $"way out: {error.Message}", "See --bind-interface and --fwmark (FwMark in a file), or leave them out.");
        }
    }
}
