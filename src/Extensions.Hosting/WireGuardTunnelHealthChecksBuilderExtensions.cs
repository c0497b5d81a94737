using Microsoft.Extensions.Diagnostics.HealthChecks;
using Onetun.Extensions.Hosting;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Health of the tunnels of a host.</summary>
public static class WireGuardTunnelHealthChecksBuilderExtensions
{
    /// <summary>
    /// Checks whether the peers of a tunnel answer: healthy if each has a session, or was asked nothing; degraded if some are silent, and the failure
    /// status if all are, or if the tunnel has been disposed or is not among the services.
    /// </summary>
    /// <param name="builder">The host's checks.</param>
    /// <param name="name">The tunnel's name, and the check's.</param>
    /// <param name="configure">Says when a peer counts as silent.</param>
    /// <param name="failureStatus">Default null: <see cref="HealthStatus.Unhealthy"/>.</param>
    /// <param name="tags">Tags of the check, to choose checks by.</param>
    /// <returns>The builder.</returns>
    public static IHealthChecksBuilder AddWireGuardTunnel(
        this IHealthChecksBuilder builder, string name, Action<WireGuardTunnelHealthOptions>? configure = null,
        HealthStatus? failureStatus = null, IEnumerable<string>? tags = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(name);
        var options = new WireGuardTunnelHealthOptions();
        configure?.Invoke(options);
        return builder.Add(new HealthCheckRegistration(
            name,
            services => new WireGuardTunnelHealthCheck(services, name, options),
            failureStatus,
            tags));
    }
}
