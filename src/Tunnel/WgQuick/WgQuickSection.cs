namespace Onetun.Tunnel.WgQuick;

/// <summary>The values of [Interface] or of one [Peer], by key, whatever its case. A list may be spread over lines.</summary>
internal sealed class WgQuickSection : IFileSection
{
    private readonly Dictionary<string, List<WgQuickValue>> _values = new(StringComparer.OrdinalIgnoreCase);
    private readonly IReadOnlySet<string> _keys;

    private WgQuickSection(string name, IReadOnlySet<string> keys, int line) => (Name, _keys, Line) = (name, keys, line);

    public string Name { get; }

    /// <summary>The line of its name; 0 for [Interface], which may be in several places, or in none.</summary>
    public int Line { get; }

    public bool EndsAtSemicolons => false;

    public static WgQuickSection Interface() => new("[Interface]", WgQuickKeys.OfInterface, 0);

    public static WgQuickSection Peer(int line) => new("[Peer]", WgQuickKeys.OfPeer, line);

    /// <summary>Whether any section has such a key.</summary>
    public static bool Knows(string key) => WgQuickKeys.OfInterface.Contains(key) || WgQuickKeys.OfPeer.Contains(key);

    /// <summary>What was written for a key, a value for each line; of a key that is no list, the last one alone.</summary>
    public IReadOnlyList<WgQuickValue> All(string key) => _values.GetValueOrDefault(key) ?? [];

    /// <summary>The same in one, with the line of the last; null where there is nothing.</summary>
    public WgQuickValue? Of(string key) => _values.TryGetValue(key, out var values)
        ? new WgQuickValue(string.Join(',', values.Select(value => value.Text)), values[^1].Line)
        : null;

    public WgQuickValue? Find(string key) => WgQuickKeys.Lists.Contains(key) ? null : Of(key);

    public bool TryAdd(string key, WgQuickValue value)
    {
        if (!_keys.Contains(key))
        {
            return false;
        }

        if (WgQuickKeys.Lists.Contains(key) && _values.TryGetValue(key, out var values))
        {
            values.Add(value);
        }
        else
        {
            _values[key] = [value];
        }

        return true;
    }
}
