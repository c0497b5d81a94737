using System.Net;
using System.Net.Sockets;
using Onetun.Forwarder.Common;
using Onetun.Tunnel.Text;

namespace Onetun.Forwarder.Configuration;

/// <summary>Finds the addresses of hosts with the system's resolver, which is asked once for each.</summary>
internal sealed class NameResolver(Machine machine)
{
    /// <summary>What people are told who write an asterisk for all addresses.</summary>
    public const string EveryAddress = "in place of *, give 0.0.0.0 for all addresses of IPv4, or [::] for those of IPv6 too";

    private readonly Dictionary<string, Task<IPAddress[]>> _asked = [];

    /// <summary>Begins to ask for a host, so that several are asked for at once.</summary>
    public void Begin(string host, CancellationToken cancellationToken)
    {
        if (!HostText.TryParseAddress(host, out _))
        {
            _ = AskAsync(host, cancellationToken);
        }
    }

    /// <summary>The first address, of the families given if any are; null when there is none.</summary>
    public async Task<IPAddress?> FindAsync(
        string host, IReadOnlyCollection<AddressFamily> families, CancellationToken cancellationToken)
    {
        var (address, _) = await LookUpAsync(host, families, cancellationToken).ConfigureAwait(false);
        return address;
    }

    /// <summary>The same with a port; it is a fault if there is none.</summary>
    public async Task<IPEndPoint?> FindAsync(
        string failure,
        string host,
        int port,
        IReadOnlyCollection<AddressFamily> families,
        FaultList faults,
        CancellationToken cancellationToken)
    {
        if (await FindAsync(host, families, cancellationToken).ConfigureAwait(false) is { } address)
        {
            return new IPEndPoint(address, port);
        }

        if (host == "*")
        {
            faults.Configuration($"{failure}: {EveryAddress}");
            return null;
        }

        faults.Name($"{failure}: Could not lookup address {host}");
        return null;
    }

    /// <summary>
    /// The first address, and whether there may be one yet: the resolvers did not answer, not even that there is none.
    /// </summary>
    public async Task<(IPAddress? Address, bool IsUnanswered)> LookUpAsync(
        string host, IReadOnlyCollection<AddressFamily> families, CancellationToken cancellationToken)
    {
        if (HostText.TryParseAddress(host, out var address))
        {
            return (address, false);
        }

        try
        {
            var found = await AskAsync(host, cancellationToken).ConfigureAwait(false);
            return (found.FirstOrDefault(candidate => families.Count == 0 || families.Contains(candidate.AddressFamily)), false);
        }
        catch (SocketException error)
        {
            return (null, error.SocketErrorCode is not (SocketError.HostNotFound or SocketError.NoData));
        }
        catch (ArgumentException)
        {
            return (null, false);
        }
    }

    private Task<IPAddress[]> AskAsync(string host, CancellationToken cancellationToken) =>
        _asked.TryGetValue(host, out var asked) ? asked : _asked[host] = machine.Resolve(host, cancellationToken);
}
