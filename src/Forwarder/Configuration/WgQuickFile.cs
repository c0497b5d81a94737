using Onetun.Forwarder.Common;
using Onetun.Tunnel.WgQuick;

namespace Onetun.Forwarder.Configuration;

/// <summary>
/// A wg-quick file, as it is. Forwards may be written in it after <c>#!onetun</c>, which other clients take for a comment. A file
/// of wireproxy is one with more sections, or with <c>WGConfig</c>, the name of another.
/// </summary>
internal sealed class WgQuickFile : WgQuickReader
{
    /// <summary>The comment in which forwards are written.</summary>
    public const string ForwardMark = "#!onetun";

    private const string Inclusion = "WGConfig";

    private readonly ConfigurationFile _source;
    private readonly Machine _machine;
    private readonly FaultList _faults;
    private readonly List<string> _warnings;
    private readonly bool _isIncluded;
    private readonly Dictionary<int, string> _variables = [];
    private WgQuickFile? _included;

    private WgQuickFile(ConfigurationFile source, Machine machine, FaultList faults, List<string> warnings, bool isIncluded)
    {
        _source = source;
        _machine = machine;
        _faults = faults;
        _warnings = warnings;
        _isIncluded = isIncluded;
    }

    /// <summary>What the file is called whose [Interface] and [Peer]s count: it may be another one that it names.</summary>
    public string TunnelName => _included?.TunnelName ?? _source.Name;

    /// <summary>What the [Peer] sections say, in order.</summary>
    public IEnumerable<PeerSettings> PeerSettings => _included?.PeerSettings ?? Peers.Select((section, index) => new PeerSettings(
        $"{section.Name} {index + 1}", Options.OfPeers.ToDictionary(option => option, option => SettingOf(section.Of(option.PeerKey!)))));

    /// <summary>The sections of wireproxy that open something, in order.</summary>
    public List<WireproxySection> Services { get; } = [];

    /// <summary>What follows <c>#!onetun</c>.</summary>
    public List<Setting> PortForwards { get; } = [];

    /// <summary>What follows <c>#!onetun --remote</c>.</summary>
    public List<Setting> RemotePortForwards { get; } = [];

    /// <summary>False if something that it names could not be had: there is no telling what else is missing.</summary>
    public bool IsWhole { get; private set; } = true;

    protected override string OtherSections => _isIncluded ? $" in a file that {Inclusion} names" : ", and those of wireproxy";

    /// <summary>Reads a file; every line that is wrong is a fault. Null, and a fault, if it is not to be had.</summary>
    public static WgQuickFile? Read(ConfigurationFile source, Machine machine, FaultList faults, List<string> warnings)
    {
        if (source.TryRead(machine, out var text, out var reason))
        {
            var file = new WgQuickFile(source, machine, faults, warnings, isIncluded: false);
            file.Read(text);
            return file;
        }

        faults.Configuration($"Failed to read {source.Description}: {reason}", source.Advice);
        return null;
    }

    /// <summary>What [Interface] says of an option; absent where it says nothing.</summary>
    public Setting Of(OptionDeclaration option) => _included?.Of(option)
        ?? (option.InterfaceKey is { } key ? SettingOf(Interface.Of(key)) : default);

    /// <summary>A value with its place; absent where there is none.</summary>
    public Setting SettingOf(WgQuickValue? value) => value is not { } written ? default
        : _variables.TryGetValue(written.Line, out var variable)
            ? new Setting(written.Text, SettingSource.File, $"{Place(written.Line)} ({variable})")
            : new Setting(written.Text, SettingSource.File, Place(written.Line), _source.Path);

    /// <summary>A line, as people are told.</summary>
    public string Place(int number) => $"{_source.Name}:{number}";

    protected override void Fault(int number, string message) => _faults.Configuration($"{Place(number)}: {message}");

    protected override void Warn(int number, string message) => _warnings.Add($"{Place(number)}: {message}");

    protected override bool TryReadComment(string line, int number)
    {
        if (!line.StartsWith(ForwardMark, StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        ReadForwards(line[ForwardMark.Length..], number);
        return true;
    }

    protected override IFileSection? BeginOther(string name, int number)
    {
        if (_isIncluded || WireproxyKind.Find(name) is not { } kind)
        {
            return null;
        }

        var service = new WireproxySection(kind, this, number);
        Services.Add(service);
        return service;
    }

    protected override void BeginTunnel(WgQuickSection section, int number)
    {
        base.BeginTunnel(section, number);
        if (_included is not null)
        {
            // As wireproxy does
            Warn(number, $"{section.Name} is ignored: {_included._source.Name} is read in its place, which {Inclusion} names.");
        }
    }

    protected override void ReadOutside(string key, string value, int number)
    {
        if (!key.Equals(Inclusion, StringComparison.OrdinalIgnoreCase))
        {
            base.ReadOutside(key, value, number);
        }
        else if (_isIncluded || _included is not null || Peers.Count + Services.Count > 0)
        {
            Fault(number, $"{Inclusion} must stand once, before all sections, and not in the file that it names");
        }
        else
        {
            Include(value, number);
        }
    }

    /// <summary>The value, or as in wireproxy that of the variable that it names after $; $$ is the sign itself.</summary>
    protected override string? Expand(string key, string value, int number)
    {
        if (!value.StartsWith('$') || value.StartsWith("$$", StringComparison.Ordinal))
        {
            return value.StartsWith('$') ? value[1..] : value;
        }

        if (_machine.Variable(value[1..])?.Trim() is { Length: > 0 } text)
        {
            _variables[number] = value;
            return text;
        }

        // A password may begin so, and is not repeated.
        Fault(number, $"{key} names an environment variable that is not set; write $$ where a value begins with $");
        IsWhole = false;
        return null;
    }

    protected override string WhyIgnored(string name) =>
        name == "CHECKALIVE" ? ": no host is pinged; /readyz of --metrics tells whether the peers answer" : "";

    /// <summary>A password may hold a sign that begins a comment, and would be another one without it.</summary>
    protected override void OnCut(IFileSection? section, string line, int at, int number)
    {
        var key = Squeeze(line.Split('=')[0]);
        if (section is WireproxySection && IsName(key) && key.Length < at && !char.IsWhiteSpace(line[at - 1]))
        {
            Warn(number, $"{key} ends before {line[at]}, which begins a comment, as in wireproxy: a value in backquotes is taken whole.");
        }
    }

    protected override void ReadStranger(IFileSection section, string key, string value, int number)
    {
        if (section is WireproxySection { Kind.Keys: var keys })
        {
            // It may be a password that is misspelt.
            Fault(number, $"{section.Name} has no key {key}, only {string.Join(", ", keys)}");
        }
        else
        {
            base.ReadStranger(section, key, value, number);
        }
    }

    private void ReadForwards(string text, int number)
    {
        Setting Forward(string word) => new(word, SettingSource.File, Place(number));
        var words = text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        for (var i = 0; i < words.Length; i++)
        {
            if (!words[i].StartsWith('-'))
            {
                PortForwards.Add(Forward(words[i]));
            }
            else if (words[i] is not ("--remote" or "-r"))
            {
                Fault(number, $"{ForwardMark} takes forwards and --remote, not '{words[i]}'");
                // What follows is its value, as far as can be told, and may be a password.
                if (words.ElementAtOrDefault(i + 1) is { } next && next[0] != '-' && !PortForward.TryParse(next, out _, out _))
                {
                    i++;
                }
            }
            else if (i + 1 < words.Length)
            {
                RemotePortForwards.Add(Forward(words[++i]));
            }
            else
            {
                Fault(number, $"{words[i]} needs a forward, as in --remote 8080:localhost:8081");
            }
        }
    }

    /// <summary>As in wireproxy, a name alone is one of the same directory.</summary>
    private void Include(string value, int number)
    {
        var name = WireproxySection.Unquote(value);
        var isAlone = name.Length > 0 && Path.GetFileName(name) == name;
        var source = ConfigurationFile.Of(isAlone ? Path.Combine(Path.GetDirectoryName(_source.Path) ?? "", name) : name);
        if (!source.TryRead(_machine, out var text, out var reason))
        {
            Fault(number, $"Failed to read the file that {Inclusion} names: {reason}");
            IsWhole = false;
            return;
        }

        _included = new WgQuickFile(source, _machine, _faults, _warnings, isIncluded: true);
        _included.Read(text);
        PortForwards.AddRange(_included.PortForwards);
        RemotePortForwards.AddRange(_included.RemotePortForwards);
        IsWhole = _included.IsWhole;
    }
}
