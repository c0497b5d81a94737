using Onetun.Forwarder.Common;

namespace Onetun.Forwarder.Configuration;

/// <summary>
/// A wg-quick file, as it is: <c>wg-quick(8)</c> with the keys of <c>wg(8)</c>. Forwards may be written in it after
/// <c>#!onetun</c>, which other clients take for a comment.
/// </summary>
internal sealed class WgQuickFile
{
    /// <summary>The comment in which forwards are written.</summary>
    public const string ForwardMark = "#!onetun";

    // These change the system, which onetun does not do; the last two belong to the client for Android.
    private static readonly string[] IgnoredKeys =
    [
        "PREUP", "POSTUP", "PREDOWN", "POSTDOWN", "TABLE", "SAVECONFIG",
        "INCLUDEDAPPLICATIONS", "EXCLUDEDAPPLICATIONS",
    ];

    private readonly string _name;
    private readonly FaultList _faults;
    private readonly List<string> _warnings;
    private WgQuickSection? _section;

    private WgQuickFile(string name, FaultList faults, List<string> warnings)
    {
        _name = name;
        _faults = faults;
        _warnings = warnings;
    }

    /// <summary>The [Interface] section.</summary>
    public WgQuickSection Interface { get; } = WgQuickSection.Interface();

    /// <summary>The [Peer] sections, in order.</summary>
    public List<WgQuickSection> Peers { get; } = [];

    /// <summary>What follows <c>#!onetun</c>.</summary>
    public List<Setting> PortForwards { get; } = [];

    /// <summary>What follows <c>#!onetun --remote</c>.</summary>
    public List<Setting> RemotePortForwards { get; } = [];

    /// <summary>Reads a file's text; every line that is wrong is a fault.</summary>
    public static WgQuickFile Parse(string name, string text, FaultList faults, List<string> warnings)
    {
        var file = new WgQuickFile(name, faults, warnings);
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

        var comment = line.IndexOf('#');
        line = (comment < 0 ? line : line[..comment]).Trim();
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
        switch (section.ToUpperInvariant())
        {
            case "[INTERFACE]":
                _section = Interface;
                break;
            case "[PEER]":
                _section = WgQuickSection.Peer();
                Peers.Add(_section);
                break;
            default:
                _section = null;
                Fault(number, $"there is no section {section}, only [Interface] and [Peer]");
                return;
        }

        if (end < line.Length)
        {
            Fault(number, $"there is more text after {section}: each Key = Value needs a line of its own");
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
            Fault(number, $"{key} is outside any section");
        }
        else if (!TryIgnore(key, value, number) && !_section.TryAdd(key, value, Place(number)))
        {
            ReadStranger(_section, key, value, number);
        }
    }

    private bool TryIgnore(string key, string value, int number)
    {
        var name = key.ToUpperInvariant();
        if (IgnoredKeys.Contains(name))
        {
            // A server's web page writes a key without a value where there is no command: it means nothing.
            if (value.Length > 0)
            {
                Warn(number, $"{key} is ignored.");
            }

            return true;
        }

        // wg-quick takes an empty MTU too, and finds one by itself.
        return name == "MTU" && value.Length == 0;
    }

    private void ReadStranger(WgQuickSection section, string key, string value, int number)
    {
        var name = key.ToUpperInvariant();
        if (WgQuickSection.Knows(name))
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

    // wg(8) ignores blanks wherever they are.
    private static string Squeeze(string text) => string.Concat(text.Where(c => !char.IsWhiteSpace(c)));

    // Part of a secret may be where a name should be. No name is longer than ExcludedApplications.
    private static bool IsName(string text) =>
        text.Length is > 0 and <= 20 && text.All(char.IsAsciiLetterOrDigit) && char.IsAsciiLetter(text[0]) && !SafeText.IsKeyLike(text);

    private static string Quote(string text) => IsName(text) ? $"'{text}'" : "this";

    private string Place(int number) => $"{_name}:{number}";

    private void Warn(int number, string message) => _warnings.Add($"{Place(number)}: {message}");

    private void Fault(int number, string message) => _faults.Configuration($"{Place(number)}: {message}");
}
