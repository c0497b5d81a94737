namespace Onetun.Forwarder.Configuration;

/// <summary>The values of one section, by key, whatever its case. A list may be spread over lines.</summary>
internal sealed class WgQuickSection : IFileSection
{
    private static readonly Dictionary<string, OptionDeclaration> InterfaceKeys = ByKey(Options.OfInterface);
    private static readonly Dictionary<string, OptionDeclaration> PeerKeys = ByKey(Options.OfPeers);

    private readonly Dictionary<string, OptionDeclaration> _keys;
    private readonly Dictionary<OptionDeclaration, Setting> _values = [];

    private WgQuickSection(string name, Dictionary<string, OptionDeclaration> keys) => (Name, _keys) = (name, keys);

    public string Name { get; }

    public static WgQuickSection Interface() => new("[Interface]", InterfaceKeys);

    public static WgQuickSection Peer() => new("[Peer]", PeerKeys);

    /// <summary>Whether any section has such a key.</summary>
    public static bool Knows(string key) => InterfaceKeys.ContainsKey(key) || PeerKeys.ContainsKey(key);

    /// <summary>A value, or nothing.</summary>
    public Setting Of(OptionDeclaration option) => _values.GetValueOrDefault(option);

    public Setting Find(string key) =>
        _keys.TryGetValue(key, out var option) && !option.IsList ? Of(option) : default;

    public bool TryAdd(string key, Setting value)
    {
        if (!_keys.TryGetValue(key, out var option))
        {
            return false;
        }

        // Of a list over several lines, which is rare, the last one is named.
        var isMore = option.IsList && _values.ContainsKey(option);
        _values[option] = isMore ? value with { Value = $"{_values[option].Value},{value.Value}" } : value;
        return true;
    }

    private static Dictionary<string, OptionDeclaration> ByKey(IEnumerable<OptionDeclaration> options) =>
        options.ToDictionary(option => option.InterfaceKey ?? option.PeerKey!, StringComparer.OrdinalIgnoreCase);
}
