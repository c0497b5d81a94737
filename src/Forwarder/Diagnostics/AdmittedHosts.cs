using Onetun.Forwarder.Common;

namespace Onetun.Forwarder.Diagnostics;

/// <summary>
/// The hosts by which the page and the metrics may be asked for. Whoever owns another name can point it at our address, and have
/// the browser of somebody here request it from a page of theirs (DNS rebinding). Nobody owns an address, or a name without a
/// dot, which is one of a container or of this network.
/// </summary>
internal sealed class AdmittedHosts(IEnumerable<string> names)
{
    private readonly HashSet<string> _names = new(names, StringComparer.OrdinalIgnoreCase);

    /// <summary>Whether the value of a Host field is among them.</summary>
    public bool Admits(string host)
    {
        var known = Uri.TryCreate($"http://{host}", UriKind.Absolute, out var uri) ? uri : null;
        return known?.HostNameType switch
        {
            UriHostNameType.IPv4 or UriHostNameType.IPv6 => true,
            UriHostNameType.Dns => !known.Host.Contains('.', StringComparison.Ordinal)
                || HostText.IsLoopback(known.Host) || _names.Contains(known.Host),
            _ => false,
        };
    }
}
