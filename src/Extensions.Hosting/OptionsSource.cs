using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace Onetun.Extensions.Hosting;

/// <summary>Options of .NET: a section of the configuration, or code.</summary>
/// <param name="factory">Makes the options anew, and validates them.</param>
/// <param name="name">Their name.</param>
/// <param name="section">The section that they are bound to; null if code makes them.</param>
internal sealed class OptionsSource(IOptionsFactory<WireGuardTunnelOptions> factory, string name, IConfigurationSection? section) : ITunnelSource
{
    /// <summary>Where in the configuration the options are; those that code makes are at their name.</summary>
    public static string PathOf(string name, IConfigurationSection? section) => section?.Path ?? name;

    public string Name => PathOf(name, section);

    public Reading Read()
    {
        var reader = new TunnelOptionsReader(Name);
        var options = reader.Read(factory.Create(name))
            ?? throw new OptionsValidationException(name, typeof(WireGuardTunnelOptions), reader.Faults); // The key's file has changed since it was validated
        return new Reading(options, []);
    }

    // Not by IOptionsMonitor, which throws what is wrong at whoever has changed the configuration.
    public IDisposable? Watch(Action changed) => section is null ? null : ChangeToken.OnChange(section.GetReloadToken, changed);
}
