using Onetun.Forwarder.Common;
using Onetun.Tunnel.Text;

namespace Onetun.Forwarder.Configuration;

/// <summary>
/// A wg-quick file, as it is: <c>wg-quick(8)</c> with the keys of <c>wg(8)</c>. Forwards may be written in it after
/// <c>#!onetun</c>, which other clients take for a comment. A file of wireproxy is one with more sections, or with
/// <c>WGConfig</c>, the name of another; a semicolon may begin a comment too.
/// </summary>
internal sealed class WgQuickFile
{
    /// <summary>The comment in which forwards are written.</summary>
    public const string ForwardMark = "#!onetun";

    private const string Inclusion = "WGConfig";

    // The last two belong to the client for Android, wireproxy has CheckAlive's, and the others change the system.
    private static readonly string[] IgnoredKeys =
    [
        "PREUP", "POSTUP", "PREDOWN", "POSTDOWN", "TABLE", "SAVECONFIG",
        "CHECKALIVE", "CHECKALIVEINTERVAL", "INCLUDEDAPPLICATIONS", "EXCLUDEDAPPLICATIONS",
    ];

    private readonly ConfigurationFile _source;
    private readonly Machine _machine;
    private readonly FaultList _faults;
    private readonly List<string> _warnings;
    private readonly bool _isIncluded;
    private WgQuickFile? _included;
    private IFileSection? _section;
    private bool _hasInterface;

    private WgQuickFile(ConfigurationFile source, Machine machine, FaultList faults, List<string> warnings, bool isIncluded)
    {
        _source = source;
        _machine = machine;
        _faults = faults;
        _warnings = warnings;
        _isIncluded = isIncluded;
    }

    /// <summary>The [Interface] section.</summary>
    public WgQuickSection Interface { get; private set; } = WgQuickSection.Interface();

    /// <summary>The [Peer] sections, in order.</summary>
    public List<WgQuickSection> Peers { get; } = [];

    /// <summary>The sections of wireproxy that open something, in order.</summary>
    public List<WireproxySection> Services { get; } = [];

    /// <summary>What follows <c>#!onetun</c>.</summary>
    public List<Setting> PortForwards { get; } = [];

    /// <summary>What follows <c>#!onetun --remote</c>.</summary>
    public List<Setting> RemotePortForwards { get; } = [];

    /// <summary>False if something that it names could not be had: there is no telling what else is missing.</summary>
    public bool IsWhole { get; private set; } = true;

    /// <summary>Reads a file; every line that is wrong is a fault. Null, and a fault, if it is not to be had.</summary>
    public static WgQuickFile? Read(ConfigurationFile source, Machine machine, FaultList faults, List<string> warnings)
    {
        if (source.TryRead(machine, out var text, out var reason))
        {
            return Parse(source, text, machine, faults, warnings, isIncluded: false);
        }

        faults.Configuration($"Failed to read {source.Description}: {reason}", source.Advice);
        return null;
    }

    private static WgQuickFile Parse(
        ConfigurationFile source, string text, Machine machine, FaultList faults, List<string> warnings, bool isIncluded)
    {
        var file = new WgQuickFile(source, machine, faults, warnings, isIncluded);
        // A StringReader takes every kind of line end.
        using var lines = new StringReader(text);
        for (var number = 1; lines.ReadLine() is { } line; number++)
        {
            file.ReadLine(line.Trim(), number);
        }

        return file;
    }

    private void ReadLine(string line, int number)
    {
        if (line.StartsWith(ForwardMark, StringComparison.OrdinalIgnoreCase))
        {
            ReadForwards(line[ForwardMark.Length..], number);
            return;
        }

        line = WithoutComment(line, number).Trim();
        if (line.StartsWith('['))
        {
            BeginSection(line, number);
        }
        else if (line.Length > 0)
        {
            ReadValue(line, number);
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

    private void BeginSection(string line, int number)
    {
        var end = line.IndexOf(']') + 1;
        if (end == 0)
        {
            // Its values are read as if it were closed: each of them would be a fault of its own.
            Fault(number, IsName(line[1..].Trim()) ? $"the bracket of {line} is not closed" : "the bracket of this section is not closed");
            line += ']';
            end = line.Length;
        }

        var section = Squeeze(line[..end]);
        if (!TryBegin(section, number))
        {
            _section = null;
            var others = _isIncluded ? $" in a file that {Inclusion} names" : ", and those of wireproxy";
            Fault(number, $"there is no section {section}, only [Interface] and [Peer]{others}");
            return;
        }

        if (end < line.Length)
        {
            Fault(number, $"there is more text after {section}: each Key = Value needs a line of its own");
        }
    }

    private bool TryBegin(string name, int number)
    {
        var isInterface = name.Equals(Interface.Name, StringComparison.OrdinalIgnoreCase);
        var peer = WgQuickSection.Peer();
        if (isInterface || name.Equals(peer.Name, StringComparison.OrdinalIgnoreCase))
        {
            BeginTunnel(isInterface ? Interface : peer, number);
            return true;
        }

        if (_isIncluded || WireproxyKind.Find(name) is not { } kind)
        {
            return false;
        }

        var service = new WireproxySection(kind, Place(number));
        _section = service;
        Services.Add(service);
        return true;
    }

    private void BeginTunnel(WgQuickSection section, int number)
    {
        if (section == Interface && _hasInterface)
        {
            Warn(number, $"There is an {Interface.Name} already: what follows is added to it, and what it has already is replaced.");
        }

        _hasInterface |= section == Interface;
        _section = section;
        if (_included is not null)
        {
            // As wireproxy does
            Warn(number, $"{section.Name} is ignored: {_included._source.Name} is read in its place, which {Inclusion} names.");
            _section = section == Interface ? WgQuickSection.Interface() : section;
        }
        else if (section != Interface)
        {
            Peers.Add(section);
        }
    }

    private void ReadValue(string line, int number)
    {
        var equals = line.IndexOf('=');
        if (equals <= 0)
        {
            Fault(number, $"{Quote(line.Split('=', ' ', ':')[0])} is not Key = Value");
            return;
        }

        var (key, value) = (Squeeze(line[..equals]), line[(equals + 1)..].Trim());
        if (!IsName(key))
        {
            Fault(number, $"{Quote(line[..equals].Trim().Split(' ', ':')[0])} is not Key = Value");
        }
        else if (_section is null)
        {
            ReadOutside(key, value, number);
        }
        else if (!TryIgnore(key, value, number) && TryExpand(key, value, number) is { } setting)
        {
            Add(_section, key, setting, number);
        }
    }

    private void Add(IFileSection section, string key, in Setting setting, int number)
    {
        var before = section.Find(key);
        if (!section.TryAdd(key, setting))
        {
            ReadStranger(section, key, setting.Value!, number);
        }
        else if (before.IsPresent && setting.Value != before.Value)
        {
            // As the programs have it that the file is from
            Warn(number, $"{section.Name} has {key} twice: the {(section.Find(key) == before ? "first" : "last")} one counts.");
        }
    }

    private void ReadOutside(string key, string value, int number)
    {
        if (!key.Equals(Inclusion, StringComparison.OrdinalIgnoreCase))
        {
            Fault(number, $"{key} is outside any section");
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

        _included = Parse(source, text, _machine, _faults, _warnings, isIncluded: true);
        Interface = _included.Interface;
        Peers.AddRange(_included.Peers);
        PortForwards.AddRange(_included.PortForwards);
        RemotePortForwards.AddRange(_included.RemotePortForwards);
        IsWhole = _included.IsWhole;
    }

    /// <summary>The value, or as in wireproxy that of the variable that it names after $; $$ is the sign itself.</summary>
    private Setting? TryExpand(string key, string value, int number)
    {
        if (!value.StartsWith('$') || value.StartsWith("$$", StringComparison.Ordinal))
        {
            return new Setting(value.StartsWith('$') ? value[1..] : value, SettingSource.File, Place(number), _source.Path);
        }

        if (_machine.Variable(value[1..])?.Trim() is { Length: > 0 } text)
        {
            return new Setting(text, SettingSource.File, $"{Place(number)} ({value})");
        }

        // A password may begin so, and is not repeated.
        Fault(number, $"{key} names an environment variable that is not set; write $$ where a value begins with $");
        IsWhole = false;
        return null;
    }

    private bool TryIgnore(string key, string value, int number)
    {
        var name = key.ToUpperInvariant();
        if (IgnoredKeys.Contains(name))
        {
            // A server's web page writes a key without a value where there is no command: it means nothing.
            if (value.Length > 0)
            {
                Warn(number, name == "CHECKALIVE"
                    ? $"{key} is ignored: no host is pinged; /readyz of --metrics tells whether the peers answer."
                    : $"{key} is ignored.");
            }

            return true;
        }

        // wg-quick takes an empty MTU too, and finds one by itself.
        return name == "MTU" && value.Length == 0;
    }

    private void ReadStranger(IFileSection section, string key, string value, int number)
    {
        var name = key.ToUpperInvariant();
        if (section is WireproxySection { Kind.Keys: var keys })
        {
            // It may be a password that is misspelt.
            Fault(number, $"{section.Name} has no key {key}, only {string.Join(", ", keys)}");
        }
        else if (WgQuickSection.Knows(name))
        {
            Fault(number, $"{section.Name} has no key {key}");
        }
        else if (value.Length == 0)
        {
            Fault(number, "this is not Key = Value"); // It may be the end of a key
        }
        else if (AmneziaKeys.IsOfMessages(name, out var plain))
        {
            if (value != plain)
            {
                Fault(number, $"{key} is not {plain}: the file is for AmneziaWG, and with this the peer does not understand "
                    + "WireGuard's messages; ask for a WireGuard configuration");
            }
        }
        else
        {
            Warn(number, AmneziaKeys.IsJunk(name)
                ? $"{key} is ignored: the junk packets of AmneziaWG are not sent."
                : $"{section.Name} has no key {key}; it is ignored.");
        }
    }

    // wireproxy cuts a value at either sign, except in backquotes. To wg-quick(8) a semicolon is none, but a resolver that
    // ends in one is a typo.
    private string WithoutComment(string line, int number)
    {
        var value = line[(line.IndexOf('=') + 1)..].TrimStart();
        var quoted = value.StartsWith('`') ? value.LastIndexOf('`') : 0;
        if (quoted > 0)
        {
            return line[..(line.Length - value.Length + quoted + 1)];
        }

        for (var i = 0; i < line.Length; i++)
        {
            if (line[i] == '#' || (line[i] == ';' && (_section is WireproxySection || i == 0 || char.IsWhiteSpace(line[i - 1]))))
            {
                WarnOfCut(line, i, number);
                return line[..i];
            }
        }

        return line;
    }

    /// <summary>A password may hold a sign that begins a comment, and would be another one without it.</summary>
    private void WarnOfCut(string line, int at, int number)
    {
        var key = Squeeze(line.Split('=')[0]);
        if (_section is WireproxySection && IsName(key) && key.Length < at && !char.IsWhiteSpace(line[at - 1]))
        {
            Warn(number, $"{key} ends before {line[at]}, which begins a comment, as in wireproxy: a value in backquotes is taken whole.");
        }
    }

    // wg(8) ignores blanks wherever they are.
    private static string Squeeze(string text) => string.Concat(text.Where(c => !char.IsWhiteSpace(c)));

    // Part of a secret may be where a name should be. No name is longer than ExcludedApplications.
    private static bool IsName(string text) =>
        text.Length is > 0 and <= 20 && text.All(char.IsAsciiLetterOrDigit) && char.IsAsciiLetter(text[0]) && !SafeText.IsKeyLike(text);

    private static string Quote(string text) => IsName(text) ? $"'{text}'" : "this";

    private string Place(int number) => $"{_source.Name}:{number}";

    private void Warn(int number, string message) => _warnings.Add($"{Place(number)}: {message}");

    private void Fault(int number, string message) => _faults.Configuration($"{Place(number)}: {message}");
}
