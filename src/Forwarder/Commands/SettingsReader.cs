using System.CommandLine;
using Onetun.Forwarder.Common;
using Onetun.Forwarder.Configuration;

namespace Onetun.Forwarder.Commands;

/// <summary>Takes what was written from the command line and the environment.</summary>
internal sealed class SettingsReader
{
    private readonly ParseResult _line;
    private readonly ForwardFlags _flags;
    private readonly EnvironmentReader _environment;

    private SettingsReader(ParseResult line, ForwardFlags flags, Machine machine)
    {
        _line = line;
        _flags = flags;
        _environment = new EnvironmentReader(machine);
    }

    /// <summary>All of it, the command line before the environment.</summary>
    public static Settings Read(ParseResult line, ForwardFlags flags, Machine machine)
    {
        var reader = new SettingsReader(line, flags, machine);
        return reader.Finish(Settings.Of(Options.All, reader.Read) with
        {
            PortForwards = reader.ReadMany(line.GetValue(flags.PortForwards), Options.PortForward),
            RemotePortForwards = reader.ReadMany(line.GetValue(flags.Remote), Options.Remote),
        });
    }

    /// <summary>What a tunnel is made of, and nothing that listens.</summary>
    public static Settings ReadTunnel(ParseResult line, ForwardFlags flags, Machine machine)
    {
        var reader = new SettingsReader(line, flags, machine);
        return reader.Finish(Settings.Of(Options.All.Where(option => option.IsOfTunnel), reader.Read) with { NeedsForwards = false });
    }

    private Settings Finish(Settings settings) =>
        settings with { Warnings = _environment.Warnings, Faults = _environment.Faults };

    private Setting Read(OptionDeclaration option) => _flags.ValueOf(option, _line) is { } value
        ? new Setting(value, SettingSource.CommandLine)
        : _environment.Read(option);

    private List<Setting> ReadMany(string[]? given, OptionDeclaration option) =>
    [
        .. (given ?? []).Select(value => new Setting(value, SettingSource.CommandLine)),
        .. _environment.ReadMany(option.Variable),
    ];
}
