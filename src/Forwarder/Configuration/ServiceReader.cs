using System.Net;
using Onetun.Forwarder.Common;

namespace Onetun.Forwarder.Configuration;

/// <summary>Reads where the proxies and the metrics listen.</summary>
internal sealed class ServiceReader(Settings settings, NameResolver names, FaultList faults, List<string> warnings)
{
    private const string DefaultHost = "127.0.0.1";

    public async Task<ServiceConfiguration> ReadAsync(CancellationToken cancellationToken)
    {
        var credentials = ReadCredentials();
        var services = new ServiceConfiguration
        {
            Proxy = await ReadAsync("--proxy", settings.Proxy, cancellationToken).ConfigureAwait(false),
            Socks5 = await ReadAsync("--socks5", settings.Socks5, cancellationToken).ConfigureAwait(false),
            HttpProxy = await ReadAsync("--http-proxy", settings.HttpProxy, cancellationToken).ConfigureAwait(false),
            ProxyUser = credentials,
            Metrics = await ReadAsync("--metrics", settings.Metrics, cancellationToken).ConfigureAwait(false),
        };
        if (credentials is null)
        {
            WarnOfStrangers("SOCKS5 and HTTP", services.Proxy);
            WarnOfStrangers("SOCKS5", services.Socks5);
            WarnOfStrangers("HTTP", services.HttpProxy);
        }

        if (services.Metrics is { } metrics && !IPAddress.IsLoopback(metrics.Address))
        {
            warnings.Add($"The metrics on {metrics} tell everyone who reaches them the peers and forwards.");
        }

        return services;
    }

    private async Task<IPEndPoint?> ReadAsync(string name, Setting setting, CancellationToken cancellationToken)
    {
        if (setting.Value is not { } text)
        {
            return null;
        }

        var hostAndPort = text.Contains(':') ? text : $"{DefaultHost}:{text}";
        if (!HostText.TryParseHostAndPort(hostAndPort, 0, out var host, out var port))
        {
            faults.Value(
                setting,
                $"Invalid {name}: '{text}' is not [addr:]port, as in 1080, 0.0.0.0:1080 or [::1]:1080");
            return null;
        }

        var address = await names.FindAsync(host, [], cancellationToken).ConfigureAwait(false);
        if (address is null)
        {
            faults.Name($"Invalid {name}: Could not lookup address {host}");
            return null;
        }

        return new IPEndPoint(address, port);
    }

    private ProxyCredentials? ReadCredentials()
    {
        if (settings.ProxyUser.Value is not { } text)
        {
            return null;
        }

        if (settings.ProxyUser.Source == SettingSource.CommandLine)
        {
            warnings.Add("The proxy password was passed using CLI. This is insecure. Use the \"ONETUN_PROXY_USER\" env variable "
                + "instead.");
        }

        if (!ProxyCredentials.TryParse(text, out var credentials))
        {
            faults.Value(
                settings.ProxyUser, "Invalid --proxy-user: it is user:password, each of at most 255 bytes");
        }

        return credentials;
    }

    private void WarnOfStrangers(string proxy, IPEndPoint? endPoint)
    {
        if (endPoint is not null && !IPAddress.IsLoopback(endPoint.Address))
        {
            warnings.Add($"The {proxy} proxy on {endPoint} lets everyone who reaches it into the WireGuard network. "
                + "Use --proxy-user.");
        }
    }
}
