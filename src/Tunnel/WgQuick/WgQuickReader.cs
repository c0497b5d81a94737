using Onetun.Tunnel.Text;

namespace Onetun.Tunnel.WgQuick;

/// <summary>
/// Reads the lines of a wg-quick file into its sections: <c>wg-quick(8)</c> with the keys of <c>wg(8)</c>. Who derives from it hears
/// what is wrong, and may read what a file has besides. A semicolon may begin a comment too, and a value in backquotes is taken
/// whole, as wireproxy has it.
/// </summary>
internal abstract class WgQuickReader
{
    // The last two belong to the client for Android, wireproxy has CheckAlive's, and the others change the system.
    private static readonly string[] IgnoredKeys =
    [
        "PREUP", "POSTUP", "PREDOWN", "POSTDOWN", "TABLE", "SAVECONFIG",
        "CHECKALIVE", "CHECKALIVEINTERVAL", "INCLUDEDAPPLICATIONS", "EXCLUDEDAPPLICATIONS",
    ];

    private IFileSection? _section;
    private bool _hasInterface;

    /// <summary>The [Interface] section.</summary>
    public WgQuickSection Interface { get; } = WgQuickSection.Interface();

    /// <summary>The [Peer] sections, in order.</summary>
    public List<WgQuickSection> Peers { get; } = [];

    /// <summary>What sections there may be besides those of wg-quick, as people are told after these; "" for none.</summary>
    protected virtual string OtherSections => "";

    /// <summary>Reads a text; every line that is wrong is a fault.</summary>
    public void Read(string text)
    {
        // A StringReader takes every kind of line end.
        using var lines = new StringReader(text.StartsWith('\uFEFF') ? text[1..] : text);
        for (var number = 1; lines.ReadLine() is { } line; number++)
        {
            ReadLine(line.Trim(), number);
        }
    }

    /// <summary>Takes a fault of a line, which is not repeated in full: it may be a secret.</summary>
    protected abstract void Fault(int number, string message);

    /// <summary>Takes what is ignored in a line, or read otherwise than it may be meant.</summary>
    protected abstract void Warn(int number, string message);

    /// <summary>Reads a comment that says something after all; false for the others, and for what is no comment.</summary>
    protected virtual bool TryReadComment(string line, int number) => false;

    /// <summary>Begins a section that wg-quick does not have; null for one that nobody has.</summary>
    protected virtual IFileSection? BeginOther(string name, int number) => null;

    /// <summary>Begins an [Interface] or a [Peer].</summary>
    protected virtual void BeginTunnel(WgQuickSection section, int number)
    {
        if (section != Interface)
        {
            Peers.Add(section);
            return;
        }

        if (_hasInterface)
        {
            Warn(number, $"There is an {Interface.Name} already: what follows is added to it, and what it has already is replaced.");
        }

        _hasInterface = true;
    }

    /// <summary>Reads a value before the first section.</summary>
    protected virtual void ReadOutside(string key, string value, int number) => Fault(number, $"{key} is outside any section");

    /// <summary>The value that another one stands for; null, and a fault, if it cannot be had.</summary>
    protected virtual string? Expand(string key, string value, int number) => value;

    /// <summary>Why a key, in capitals, is ignored, after "is ignored"; "" where that says enough.</summary>
    protected virtual string WhyIgnored(string name) => "";

    /// <summary>Hears that a comment ends a value at a sign.</summary>
    protected virtual void OnCut(IFileSection? section, string line, int at, int number)
    {
    }

    /// <summary>Reads a key that its section does not have.</summary>
    protected virtual void ReadStranger(IFileSection section, string key, string value, int number)
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

    /// <summary>A name without blanks: wg(8) ignores them wherever they are.</summary>
    protected static string Squeeze(string text) => string.Concat(text.Where(c => !char.IsWhiteSpace(c)));

    /// <summary>Whether a text may be repeated: part of a secret may be where a name should be. No name is longer than ExcludedApplications.</summary>
    protected static bool IsName(string text) =>
        text.Length is > 0 and <= 20 && text.All(char.IsAsciiLetterOrDigit) && char.IsAsciiLetter(text[0]) && !SafeText.IsKeyLike(text);

    private void ReadLine(string line, int number)
    {
        if (TryReadComment(line, number))
        {
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
        _section = Begin(section, number);
        if (_section is null)
        {
            Fault(number, $"there is no section {section}, only [Interface] and [Peer]{OtherSections}");
        }
        else if (end < line.Length)
        {
            Fault(number, $"there is more text after {section}: each Key = Value needs a line of its own");
        }
    }

    private IFileSection? Begin(string name, int number)
    {
        var peer = WgQuickSection.Peer(number);
        var section = name.Equals(Interface.Name, StringComparison.OrdinalIgnoreCase) ? Interface
            : name.Equals(peer.Name, StringComparison.OrdinalIgnoreCase) ? peer
            : null;
        if (section is null)
        {
            return BeginOther(name, number);
        }

        BeginTunnel(section, number);
        return section;
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
        else if (!TryIgnore(key, value, number) && Expand(key, value, number) is { } text)
        {
            Add(_section, key, new WgQuickValue(text, number));
        }
    }

    private void Add(IFileSection section, string key, WgQuickValue value)
    {
        var before = section.Find(key);
        if (!section.TryAdd(key, value))
        {
            ReadStranger(section, key, value.Text, value.Line);
        }
        else if (before is { Text: var text } && value.Text != text)
        {
            // As the programs have it that the file is from
            Warn(value.Line, $"{section.Name} has {key} twice: the {(section.Find(key) == before ? "first" : "last")} one counts.");
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
                Warn(number, $"{key} is ignored{WhyIgnored(name)}.");
            }

            return true;
        }

        // wg-quick takes an empty MTU too, and finds one by itself.
        return name == "MTU" && value.Length == 0;
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

        var isAnywhere = _section is { EndsAtSemicolons: true };
        for (var i = 0; i < line.Length; i++)
        {
            if (line[i] == '#' || (line[i] == ';' && (isAnywhere || i == 0 || char.IsWhiteSpace(line[i - 1]))))
            {
                OnCut(_section, line, i, number);
                return line[..i];
            }
        }

        return line;
    }

    private static string Quote(string text) => IsName(text) ? $"'{text}'" : "this";
}
