using Onetun.Tunnel.Text;

namespace Onetun.Forwarder.Diagnostics;

/// <summary>
/// The hosts by which the page and the metrics may be asked for. Whoever owns another name can point it at our address, and have
/// the browser of somebody here request it from a page of theirs (DNS rebinding). Nobody owns an address, or a name without a
/// dot, which is one of a container or of this network.
/// </summary>
internal sealed class AdmittedHosts(IEnumerable<string> names)
{
    private readonly HashSet<string> _names = [.. names.Select(Parse).OfType<Uri>().Select(name => name.IdnHost.TrimEnd('.'))];

    /// <summary>Whether the value of a Host field is among them.</summary>
    public bool Admits(string host)
    {
        if (Parse(host) is not { UserInfo: "" } known)
        {
            return false;
        }

        var name = known.IdnHost.TrimEnd('.');
        return known.HostNameType is UriHostNameType.IPv4 or UriHostNameType.IPv6
            || (known.HostNameType == UriHostNameType.Dns
                && (!name.Contains('.', StringComparison.Ordinal) || HostText.IsLoopback(name) || _names.Contains(name)));
    }

    // What it parses has small letters.
    private static Uri? Parse(string host) => Uri.TryCreate($"http://{host}", UriKind.Absolute, out var uri) ? uri : null;
}
