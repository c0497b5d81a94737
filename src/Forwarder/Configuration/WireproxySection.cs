using Onetun.Tunnel.WgQuick;

namespace Onetun.Forwarder.Configuration;

/// <summary>A section of a file of wireproxy, which opens something: its values by key, whatever its case.</summary>
internal sealed class WireproxySection(WireproxyKind kind, WgQuickFile file, int line) : IFileSection
{
    private readonly Dictionary<string, WgQuickValue> _values = new(StringComparer.OrdinalIgnoreCase);

    public WireproxyKind Kind => kind;

    public string Name => kind.Name;

    /// <summary>The line of its name.</summary>
    public string Place => file.Place(line);

    public bool EndsAtSemicolons => true;

    /// <summary>A value; absent where there is none, or an empty one.</summary>
    public Setting this[string key] => file.SettingOf(Find(key));

    public WgQuickValue? Find(string key) => _values.TryGetValue(key, out var value) ? value : null;

    public bool TryAdd(string key, WgQuickValue value)
    {
        if (kind.Refusal is null && !kind.Keys.Contains(key, StringComparer.OrdinalIgnoreCase))
        {
            return false;
        }

        // Of two values wireproxy takes the first.
        if (Unquote(value.Text) is { Length: > 0 } text)
        {
            _values.TryAdd(key, value with { Text = text });
        }

        return true;
    }

    /// <summary>A value without the quotes around it.</summary>
    public static string Unquote(string text) =>
        text.Length > 1 && text[0] is '"' or '\'' or '`' && text[^1] == text[0] ? text[1..^1] : text;
}
