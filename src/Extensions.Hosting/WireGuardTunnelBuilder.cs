using Microsoft.Extensions.DependencyInjection;
using Onetun.Tunnel;

namespace Onetun.Extensions.Hosting;

/// <summary>A tunnel of a host that is not built yet.</summary>
public sealed class WireGuardTunnelBuilder
{
    private readonly TunnelRegistration _registration;

    internal WireGuardTunnelBuilder(IServiceCollection services, TunnelRegistration registration) =>
        (Services, _registration) = (services, registration);

    /// <summary>The tunnel's name, the key of its services.</summary>
    public string Name => _registration.Name;

    /// <summary>The host's services.</summary>
    public IServiceCollection Services { get; }

    /// <summary>Takes the options from a file of wg-quick(8). What is ignored of it is logged as a warning.</summary>
    /// <param name="path">Its path, from the host's content root if it is relative; from the working directory where there is no <c>IHostEnvironment</c>.</param>
    /// <param name="reloadOnChange">
    /// Whether the file is looked at every 2 s, and its peers are taken over when it has changed. A file that is wrong then is logged, and
    /// the peers stay as they were.
    /// </param>
    /// <returns>The builder.</returns>
    /// <exception cref="InvalidOperationException">The tunnel has its options from elsewhere already.</exception>
    public WireGuardTunnelBuilder FromWgQuickFile(string path, bool reloadOnChange = false)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return UseSource(services => new FileSource(
            ContentRoot.PathFrom(services, path), reloadOnChange, services.GetService<TimeProvider>() ?? TimeProvider.System));
    }

    /// <summary>
    /// Changes the options, whatever they come from, before the tunnel starts, and again when they are reloaded: for taps, TCP, timeouts and
    /// what else has no place in a configuration.
    /// </summary>
    /// <param name="change">Returns other options, as by <c>options with { ... }</c>; the keys of those it is given do not outlive the start.</param>
    /// <returns>The builder.</returns>
    public WireGuardTunnelBuilder Configure(Func<TunnelOptions, IServiceProvider, TunnelOptions> change)
    {
        ArgumentNullException.ThrowIfNull(change);
        _registration.Changes.Add(change);
        return this;
    }

    internal WireGuardTunnelBuilder UseSource(Func<IServiceProvider, ITunnelSource> source)
    {
        _registration.Source = source;
        return this;
    }
}
