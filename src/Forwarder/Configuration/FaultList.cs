namespace Onetun.Forwarder.Configuration;

/// <summary>Collects everything that is wrong, so that it can be mended in one go.</summary>
internal sealed class FaultList
{
    private readonly List<Fault> _faults = [];

    public IReadOnlyList<Fault> Faults => _faults;

    /// <summary>Adds a fault of the command line.</summary>
    public void Usage(string message) => _faults.Add(new Fault(FaultKind.Usage, message));

    /// <summary>Adds a fault of what has to be given and is not: of the file with that name, where one is read.</summary>
    public void Missing(OptionDeclaration option, string? file)
    {
        if (file is null)
        {
            Usage($"Missing {option.Name} (or {option.Variable})");
            return;
        }

        var lacking = option.InterfaceKey is { } key ? $"{key} in [Interface] of {file}" : $"[Peer] in {file}";
        var other = option.HasFileOption ? $"{option.Name}-file" : option.Name;
        Configuration($"Missing {lacking} (or {other})");
    }

    /// <summary>Adds a fault of a value as it was written: of the command line if that is where it stands.</summary>
    public void Value(Setting setting, string message) => _faults.Add(new Fault(
        setting.Source == SettingSource.CommandLine ? FaultKind.Usage : FaultKind.Configuration, setting.Locate(message)));

    /// <summary>Adds a fault of what it says.</summary>
    public void Configuration(string message, string? advice = null) =>
        _faults.Add(new Fault(FaultKind.Configuration, message, advice));

    /// <summary>Adds a fault of a name that nobody knows.</summary>
    public void Name(string message) => Configuration(
        message, "Check the name, and that this machine has a network and a resolver that knows it; or give an address.");
}
