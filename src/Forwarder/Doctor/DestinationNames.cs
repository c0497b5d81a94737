using System.Net;
using Onetun.Forwarder.Common;
using Onetun.Forwarder.Configuration;
using Onetun.Tunnel;
using Onetun.Tunnel.Names;

namespace Onetun.Forwarder.Doctor;

/// <summary>The addresses of destinations that are given by name, asked of the resolver that a forward would ask.</summary>
internal sealed class DestinationNames(ForwarderConfiguration configuration, Machine machine)
{
    /// <summary>Those of each name; none if patience ran out.</summary>
    public async Task<Dictionary<string, IReadOnlyList<IPAddress>>> LookupAsync(
        IReadOnlyList<string> hosts, TimeSpan patience, CancellationToken cancellationToken)
    {
        if (configuration.Dns.Count == 0)
        {
            return await LookupAsync(new SystemNames(machine.Resolve).LookupAsync, hosts, patience, cancellationToken)
                .ConfigureAwait(false);
        }

        // Any port will do, for a running process may have ours.
        var options = configuration.Tunnel;
        var anyPort = options.Transport.BindEndPoint is { } bind ? new IPEndPoint(bind.Address, 0) : null;
        options = options with { Transport = options.Transport with { BindEndPoint = anyPort } };
        var tunnel = await WireGuardTunnel.StartAsync(options, cancellationToken).ConfigureAwait(false);
        await using (tunnel.ConfigureAwait(false))
        {
            var names = new TunnelNames(
                tunnel, configuration.Dns, configuration.Addresses, searchDomains: configuration.SearchDomains);
            return await LookupAsync(names.LookupAsync, hosts, patience, cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task<Dictionary<string, IReadOnlyList<IPAddress>>> LookupAsync(
        Func<string, Task<NameAnswer>> lookup,
        IReadOnlyList<string> hosts,
        TimeSpan patience,
        CancellationToken cancellationToken)
    {
        var answers = await Task.WhenAll(hosts.Select(async host =>
        {
            try
            {
                return await lookup(host).WaitAsync(patience, cancellationToken).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                return NameAnswer.None;
            }
        })).ConfigureAwait(false);
        return hosts.Zip(answers).ToDictionary(pair => pair.First, pair => pair.Second.Addresses);
    }
}
