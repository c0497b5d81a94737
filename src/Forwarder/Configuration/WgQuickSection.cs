namespace Onetun.Forwarder.Configuration;

/// <summary>The values of one section, by their keys without case. A list may be spread over lines.</summary>
internal sealed class WgQuickSection(string name, string[] keys)
{
    private readonly Dictionary<string, string> _values = [];

    public string Name => name;

    /// <summary>A value, or nothing.</summary>
    public Setting this[string key] =>
        _values.TryGetValue(key.ToUpperInvariant(), out var value) ? new Setting(value, SettingSource.File) : default;

    /// <summary>Adds a value; false if the section has no such key.</summary>
    public bool TryAdd(string key, string value)
    {
        key = key.ToUpperInvariant();
        if (!keys.Contains(key))
        {
            return false;
        }

        var isList = key is "ADDRESS" or "DNS" or "ALLOWEDIPS";
        _values[key] = isList && _values.TryGetValue(key, out var earlier) ? $"{earlier},{value}" : value;
        return true;
    }
}
