using System.Net;

namespace Onetun.Tunnel.Text;

/// <summary>Says why a host cannot be behind the tunnel, whatever the tunnel is, and what to write instead.</summary>
internal static class OutsideFault
{
    /// <summary>Null for a host that may be there.</summary>
    public static string? Of(string host)
    {
        if (HostText.IsLoopback(host))
        {
            return $"{host} is this machine, not one behind the tunnel: write the host's address inside the tunnel, such as the peer's own";
        }

        // A zone follows % (RFC 4007 §11), which no name has.
        return host.Contains('%')
            ? $"{host} has a zone, which is a link of this machine, not the tunnel: write the host's address inside the tunnel, without %"
            : null;
    }

    /// <summary>The same of a destination.</summary>
    public static string? Of(EndPoint destination) => destination switch
    {
        DnsEndPoint named => Of(named.Host),
        IPEndPoint known => Of(known.Address.ToString()),
        _ => null,
    };
}
