using System.Net;
using Onetun.Forwarder.Common;
using Onetun.Tunnel.Text;

namespace Onetun.Forwarder.Configuration;

/// <summary>Reads where the proxies and the metrics listen.</summary>
internal sealed class ServiceReader(Settings settings, NameResolver names, FaultList faults, List<string> warnings)
{
    private const string DefaultHost = "127.0.0.1";

    public async Task<ServiceConfiguration> ReadAsync(CancellationToken cancellationToken)
    {
        var user = ReadCredentials();
        var proxies = new List<ProxyConfiguration>();
        foreach (var (kind, option) in Options.OfProxies)
        {
            if (await ReadAsync(option, cancellationToken).ConfigureAwait(false) is { } endPoint)
            {
                proxies.Add(new ProxyConfiguration(kind, endPoint, user));
            }
        }

        foreach (var (kind, source, ofItsOwn) in settings.Proxies)
        {
            var failure = source.Locate($"Invalid {WireproxyKind.BindAddress}");
            if (HostText.TryParseHostAndPort(source.Value!, 0, out var host, out var port)
                && await names.FindAsync(failure, host, port, [], faults, cancellationToken).ConfigureAwait(false) is { } endPoint)
            {
                proxies.Add(new ProxyConfiguration(kind, endPoint, user ?? ofItsOwn));
            }
        }

        var services = new ServiceConfiguration
        {
            Proxies = proxies,
            Metrics = await ReadAsync(Options.Metrics, cancellationToken).ConfigureAwait(false),
            MetricsHosts = ReadHosts(settings[Options.MetricsHost]),
        };
        proxies.ForEach(WarnOfStrangers);
        if (services is { Metrics: null, MetricsHosts.Count: > 0 })
        {
            warnings.Add($"{Options.MetricsHost.Name} does nothing without {Options.Metrics.Name}.");
        }

        if (services.Metrics is { } metrics && !IPAddress.IsLoopback(metrics.Address))
        {
            warnings.Add($"The metrics on {metrics} show the peers and forwards to everyone who reaches them.");
        }

        return services;
    }

    private async Task<IPEndPoint?> ReadAsync(OptionDeclaration option, CancellationToken cancellationToken)
    {
        var setting = settings[option];
        if (setting.Value is not { } text)
        {
            return null;
        }

        var hostAndPort = text.Contains(':') ? text : $"{DefaultHost}:{text}";
        if (!HostText.TryParseHostAndPort(hostAndPort, 0, out var host, out var port))
        {
            faults.Value(
                setting,
                $"Invalid {option.Name}: '{text}' is not [addr:]port, as in 1080, 0.0.0.0:1080 or [::1]:1080");
            return null;
        }

        return await names.FindAsync(setting.Locate($"Invalid {option.Name}"), host, port, [], faults, cancellationToken).ConfigureAwait(false);
    }

    private string[] ReadHosts(Setting setting)
    {
        var hosts = setting.IsPresent ? setting.Items : [];
        foreach (var host in hosts.Where(host => !HostText.IsDomain(host) || Uri.CheckHostName(host) != UriHostNameType.Dns))
        {
            faults.Value(setting, $"Invalid {Options.MetricsHost.Name}: '{host}' is not a name, as in metrics.example.com");
        }

        return hosts;
    }

    private ProxyCredentials? ReadCredentials()
    {
        if (settings[Options.ProxyUser].Value is not { } text)
        {
            return null;
        }

        if (settings[Options.ProxyUser].Source == SettingSource.CommandLine)
        {
            warnings.Add("The proxy password was passed using CLI. This is insecure. Use the \"ONETUN_PROXY_USER\" env variable "
                + "instead.");
        }

        if (!ProxyCredentials.TryParse(text, out var credentials))
        {
            faults.Value(
                settings[Options.ProxyUser], "Invalid --proxy-user: it must be user:password, each of at most 255 bytes");
        }

        return credentials;
    }

    private void WarnOfStrangers(ProxyConfiguration proxy)
    {
        if (proxy.User is null && !IPAddress.IsLoopback(proxy.EndPoint.Address))
        {
            warnings.Add($"The {proxy.Name} proxy on {proxy.EndPoint} lets everyone who reaches it into the WireGuard network. "
                + "Use --proxy-user.");
        }
    }
}
