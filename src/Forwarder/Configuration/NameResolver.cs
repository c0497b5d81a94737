using System.Net;
using System.Net.Sockets;

namespace Onetun.Forwarder.Configuration;

/// <summary>Finds the addresses of hosts with the system's resolver.</summary>
internal sealed class NameResolver(Machine machine)
{
    /// <summary>The first address, of the families given if any are; null when there is none.</summary>
    public async Task<IPAddress?> FindAsync(
        string host, IReadOnlyCollection<AddressFamily> families, CancellationToken cancellationToken)
    {
        if (HostText.TryParseAddress(host, out var address))
        {
            return address;
        }

        try
        {
            var found = await machine.Resolve(host, cancellationToken).ConfigureAwait(false);
            return found.FirstOrDefault(candidate => families.Count == 0 || families.Contains(candidate.AddressFamily));
        }
        catch (Exception error) when (error is SocketException or ArgumentException)
        {
            return null;
        }
    }
}
