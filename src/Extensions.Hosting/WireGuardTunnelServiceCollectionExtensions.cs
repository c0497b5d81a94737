using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Onetun.Extensions.Hosting;
using Onetun.Tunnel;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>WireGuard tunnels as services of a host.</summary>
public static class WireGuardTunnelServiceCollectionExtensions
{
    /// <summary>
    /// Adds a tunnel: a <see cref="WireGuardTunnel"/> and a <see cref="TunnelNetwork"/> by its name, and the first one also without. It starts
    /// before the host's servers, or when the first service asks for it, and ends after them; it logs as the host does.
    /// </summary>
    /// <param name="services">The host's services.</param>
    /// <param name="name">The tunnel's name, the key of its services.</param>
    /// <returns>Says where the options come from.</returns>
    /// <exception cref="ArgumentException">There is a tunnel of this name already.</exception>
    public static WireGuardTunnelBuilder AddWireGuardTunnel(this IServiceCollection services, string name)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (services.Any(service => service.ServiceType == typeof(TunnelHost) && name.Equals(service.ServiceKey)))
        {
            throw new ArgumentException($"There is a tunnel {name} already.", nameof(name));
        }

        var registration = new TunnelRegistration(name);
        services.AddKeyedSingleton(name, (provider, _) => new TunnelHost(registration, provider, provider.GetService<ILoggerFactory>() ?? NullLoggerFactory.Instance));
        services.AddSingleton<IHostedService>(provider => provider.GetRequiredKeyedService<TunnelHost>(name));
        services.AddKeyedSingleton(name, static (provider, key) => provider.GetRequiredKeyedService<TunnelHost>(key).Tunnel);
        services.AddKeyedSingleton<TunnelNetwork>(name, static (provider, key) => provider.GetRequiredKeyedService<WireGuardTunnel>(key));
        services.TryAddSingleton(provider => provider.GetRequiredKeyedService<WireGuardTunnel>(name));
        services.TryAddSingleton<TunnelNetwork>(provider => provider.GetRequiredKeyedService<WireGuardTunnel>(name));
        return new WireGuardTunnelBuilder(services, registration);
    }

    /// <summary>
    /// Adds a tunnel as a section of the configuration has it (<see cref="WireGuardTunnelOptions"/>), whose peers change with the section. If
    /// anything is wrong, the host does not start, and says all of it.
    /// </summary>
    /// <inheritdoc cref="AddWireGuardTunnel(IServiceCollection, string)"/>
    /// <param name="services">The host's services.</param>
    /// <param name="name">The tunnel's name, the key of its services.</param>
    /// <param name="section">The section.</param>
    /// <returns>Changes what the section does not say.</returns>
    public static WireGuardTunnelBuilder AddWireGuardTunnel(this IServiceCollection services, string name, IConfigurationSection section)
    {
        ArgumentNullException.ThrowIfNull(section);
        return services.AddWireGuardTunnel(name, options => SectionBinding.Bind(section, options), section);
    }

    /// <summary>Adds a tunnel whose options code makes. If anything is wrong, the host does not start, and says all of it.</summary>
    /// <inheritdoc cref="AddWireGuardTunnel(IServiceCollection, string)"/>
    /// <param name="services">The host's services.</param>
    /// <param name="name">The tunnel's name, the key of its services.</param>
    /// <param name="configure">Fills in the options.</param>
    /// <returns>Changes what these options do not say.</returns>
    public static WireGuardTunnelBuilder AddWireGuardTunnel(
        this IServiceCollection services, string name, Action<WireGuardTunnelOptions> configure) =>
        services.AddWireGuardTunnel(name, configure, section: null);

    private static WireGuardTunnelBuilder AddWireGuardTunnel(
        this IServiceCollection services, string name, Action<WireGuardTunnelOptions> configure, IConfigurationSection? section)
    {
        ArgumentNullException.ThrowIfNull(configure);
        var builder = services.AddWireGuardTunnel(name);
        builder.UseSource(provider => new OptionsSource(
            provider.GetRequiredService<IOptionsFactory<WireGuardTunnelOptions>>(), name, section));
        services.AddOptions<WireGuardTunnelOptions>(name)
            .Configure(configure)
            .PostConfigure<IServiceProvider>(static (options, provider) =>
                options.PrivateKeyFile = ContentRoot.PathFrom(provider, options.PrivateKeyFile))
            .ValidateOnStart();
        services.AddSingleton<IValidateOptions<WireGuardTunnelOptions>>(
            new WireGuardTunnelOptionsValidator(name, OptionsSource.PathOf(name, section)));
        return builder;
    }
}
