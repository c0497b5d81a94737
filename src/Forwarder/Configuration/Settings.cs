namespace Onetun.Forwarder.Configuration;

/// <summary>All that was written on the command line, in the environment and in a file, not yet understood.</summary>
internal sealed record Settings
{
    private IReadOnlyDictionary<OptionDeclaration, Setting> Values { get; init; } = new Dictionary<OptionDeclaration, Setting>();

    public IReadOnlyList<Setting> PortForwards { get; init; } = [];

    public IReadOnlyList<Setting> RemotePortForwards { get; init; } = [];

    /// <summary>Whether a file asks for anything to be opened, even if that cannot be had.</summary>
    public bool HasServices { get; init; }

    /// <summary>Those of a file, besides the options'.</summary>
    public IReadOnlyList<ProxySettings> Proxies { get; init; } = [];

    /// <summary>What a file has standard input and output carried to.</summary>
    public Setting Stdio { get; init; }

    /// <summary>The file that has been read; null where there is none.</summary>
    public ConfigurationFile? File { get; init; }

    /// <summary>What the file is called that its tunnel is read from, if there is one.</summary>
    public string? TunnelFile { get; init; }

    /// <summary>Whether it is a fault to forward nothing.</summary>
    public bool NeedsForwards { get; init; } = true;

    /// <summary>One, unless a file has more.</summary>
    public IReadOnlyList<PeerSettings> Peers { get; init; } = [];

    /// <summary>What was written but is ignored.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>What was named and could not be had: without it there is no telling what else is missing.</summary>
    public IReadOnlyList<Fault> Faults { get; init; } = [];

    /// <summary>What was written for an option; absent where nothing was.</summary>
    public Setting this[OptionDeclaration option] => Values.GetValueOrDefault(option);

    /// <summary>What is written for some options, each asked for once.</summary>
    public static Settings Of(IEnumerable<OptionDeclaration> options, Func<OptionDeclaration, Setting> read)
    {
        var values = options.ToLookup(option => option.PeerKey is not null, option => KeyValuePair.Create(option, read(option)));
        return new Settings { Values = values[false].ToDictionary(), Peers = [new PeerSettings("", values[true].ToDictionary())] };
    }

    /// <summary>What people are told a value is called where it was written: an option, or a key of the file.</summary>
    public string NameOf(OptionDeclaration option) => this[option].Source == SettingSource.File
        ? $"{option.InterfaceKey} in {Path.GetFileName(this[option].File) ?? File!.Name}"
        : option.Name;

    /// <summary>What the command line and the environment say, over what a file says.</summary>
    public Settings Over(WgQuickFile file, FaultList faults) => this with
    {
        Values = Values.Keys.ToDictionary(option => option, option => Over(option, file)),
        PortForwards = [.. PortForwards, .. file.PortForwards],
        RemotePortForwards = [.. RemotePortForwards, .. file.RemotePortForwards],
        Peers = OverPeers([.. file.PeerSettings], faults),
    };

    /// <summary>The same, and what else a file opens.</summary>
    public Settings With(WireproxyServices services) => this with
    {
        Values = Values.ToDictionary(
            pair => pair.Key, pair => pair.Key == Options.UdpTimeout ? pair.Value.Over(services.UdpTimeout) : pair.Value),
        PortForwards = [.. PortForwards, .. services.PortForwards],
        RemotePortForwards = [.. RemotePortForwards, .. services.RemotePortForwards],
        HasServices = services.IsAny,
        Proxies = services.Proxies,
        Stdio = services.Stdio,
    };

    private Setting Over(OptionDeclaration option, WgQuickFile file)
    {
        // --private-key-file gives a private key too.
        var isGiven = option == Options.PrivateKey && this[Options.PrivateKeyFile].IsPresent;
        return isGiven ? this[option] : this[option].Over(file.Of(option));
    }

    private PeerSettings[] OverPeers(PeerSettings[] filed, FaultList faults)
    {
        var given = Peers[0];
        if (filed.Length <= 1)
        {
            return [filed.Length == 0 ? given : given.Over(filed[0])];
        }

        foreach (var option in Options.OfPeers.Where(option => option != Options.KeepAlive && given[option].IsPresent))
        {
            faults.Value(given[option], $"{option.Name} cannot be used with a file that has several peers: it would apply to all of them");
        }

        return [.. filed.Select(peer => given.Only(Options.KeepAlive).Over(peer))];
    }
}
