namespace Onetun.Forwarder.Configuration;

/// <summary>A section of a file of wireproxy, which opens something: its values by key, whatever its case.</summary>
internal sealed class WireproxySection(WireproxyKind kind, string place) : IFileSection
{
    private readonly Dictionary<string, Setting> _values = new(StringComparer.OrdinalIgnoreCase);

    public WireproxyKind Kind => kind;

    public string Name => kind.Name;

    /// <summary>The line of its name.</summary>
    public string Place => place;

    /// <summary>A value; absent where there is none, or an empty one.</summary>
    public Setting this[string key] => _values.GetValueOrDefault(key);

    public Setting Find(string key) => this[key];

    public bool TryAdd(string key, Setting value)
    {
        if (kind.Refusal is null && !kind.Keys.Contains(key, StringComparer.OrdinalIgnoreCase))
        {
            return false;
        }

        // Of two values wireproxy takes the first.
        if (Unquote(value.Value!) is { Length: > 0 } text)
        {
            _values.TryAdd(key, value with { Value = text });
        }

        return true;
    }

    /// <summary>A value without the quotes around it.</summary>
    public static string Unquote(string text) =>
        text.Length > 1 && text[0] is '"' or '\'' or '`' && text[^1] == text[0] ? text[1..^1] : text;
}
