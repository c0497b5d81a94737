using System.Net;
using Onetun.Tunnel.Text;

namespace Onetun.Forwarder.Doctor;

/// <summary>A destination's name has an address.</summary>
internal static class NameCheck
{
    /// <summary>What was found, by the resolvers behind the tunnel or else by the system's.</summary>
    public static Finding Of(string host, IReadOnlyList<IPAddress> found, IReadOnlyList<IPAddress> resolvers)
    {
        host = SafeText.Of(host);
        if (found.Count > 0)
        {
            return Finding.Ok($"name {host}: {string.Join(", ", found)}");
        }

        return resolvers.Count == 0
            ? Finding.Problem(
                $"name {host}: this machine's resolver has no address for it",
                "Check the name. If only a resolver inside the tunnel knows it, name that one: --dns ADDRESS, or DNS in the file.")
            : Finding.Problem(
                $"name {host}: {string.Join(", ", resolvers)}, asked through the tunnel, gave no address for it",
                "Check the name, the addresses of the resolvers, that AllowedIPs hold them, and that they answer UDP port 53.");
    }
}
