using Onetun.Forwarder.Configuration;
using Onetun.Tunnel.Text;

namespace Onetun.Forwarder.Commands;

/// <summary>Says what would run, in the manner of <c>wg show</c>; keys that are secret stay so.</summary>
internal static class CheckReport
{
    public static void Write(TextWriter output, ForwarderConfiguration configuration)
    {
        foreach (var warning in configuration.Warnings)
        {
            output.WriteLine($"warning: {warning}");
        }

        var tunnel = configuration.Tunnel;
        output.WriteLine("interface");
        output.WriteLine($"  public key: {tunnel.PrivateKey.PublicKey}");
        foreach (var option in Options.All)
        {
            if (option.Fixed?.Invoke(configuration) is { } value)
            {
                output.WriteLine($"  {option.Label}: {value}");
            }
        }

        foreach (var peer in tunnel.Peers)
        {
            output.WriteLine($"peer: {peer.PublicKey}");
            var name = configuration.EndpointNames.GetValueOrDefault(peer.PublicKey);
            var unknown = name is null ? "(speaks first)" : $"({name} has no address yet)";
            output.WriteLine($"  endpoint: {peer.EndPoint?.ToString() ?? unknown}");
            output.WriteLine($"  allowed ips: {(peer.AllowedIPs.Count == 0 ? "(none)" : string.Join(", ", peer.AllowedIPs))}");
            output.WriteLine($"  preshared key: {(peer.PresharedKey is null ? "none" : "(hidden)")}");
            var keepalive = peer.PersistentKeepalive;
            output.WriteLine($"  persistent keepalive: {(keepalive == TimeSpan.Zero ? "off" : $"{keepalive.TotalSeconds:0} s")}");
        }

        foreach (var forward in configuration.Forwards)
        {
            var (endPoint, address) = configuration.Way(forward);
            var kind = $"{(forward.IsRemote ? "remote " : "")}{forward.ProtocolName}";
            output.WriteLine(SafeText.Of($"{kind} [{forward.Source}]->[{forward.Destination}] "
                + $"(via [{endPoint}] as peer {address})"));
        }

        foreach (var proxy in configuration.Services.Proxies)
        {
            var user = proxy.User?.ToString() ?? "anyone who reaches it";
            output.WriteLine(SafeText.Of($"{proxy.Name} proxy on [{proxy.EndPoint}] into the tunnel "
                + $"(as peer {string.Join(',', configuration.Addresses)}) for {user}"));
        }

        if (configuration.Services.Metrics is { } metrics)
        {
            var hosts = configuration.Services.MetricsHosts is { Count: > 0 } names ? $", also for {string.Join(", ", names)}" : "";
            output.WriteLine(SafeText.Of($"Metrics on [{metrics}]: a page at /, /status.json, /metrics, /livez, /readyz{hosts}"));
        }
    }
}
