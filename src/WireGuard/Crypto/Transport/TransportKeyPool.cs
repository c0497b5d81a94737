namespace Onetun.WireGuard;

/// <summary>
/// Bounds the transport keys that are set up in a library. With libsodium each takes four memory maps, of which Linux grants a
/// process 65,530; with 65,536 peers the runtime itself found none left, which ends the process. One of the keys that have been
/// unused the longest makes room (second chance); its next use costs about 50 µs more, or 1 µs with OpenSSL.
/// </summary>
internal sealed class TransportKeyPool(int capacity, AeadLibrary library)
{
    private readonly List<TransportKey?> _ring = [];
    private readonly Dictionary<TransportKey, int> _places = [];
    private readonly Stack<int> _free = new();
    private int _hand;

    /// <summary>The library that its keys are set up in.</summary>
    public AeadLibrary Library => library;

    public int Count => _places.Count;

    public void Add(TransportKey key)
    {
        var place = TakePlace();
        _ring[place] = key;
        _places.Add(key, place);
    }

    public void Remove(TransportKey key)
    {
        if (_places.Remove(key, out var place))
        {
            _ring[place] = null;
            _free.Push(place);
        }
    }

    private int TakePlace()
    {
        if (_free.TryPop(out var place))
        {
            return place;
        }

        if (_ring.Count < capacity)
        {
            _ring.Add(null);
            return _ring.Count - 1;
        }

        while (_ring[_hand]!.WasUsed)
        {
            _ring[_hand]!.WasUsed = false;
            _hand = (_hand + 1) % capacity;
        }

        _ring[_hand]!.Unload();
        _places.Remove(_ring[_hand]!);
        place = _hand;
        _hand = (_hand + 1) % capacity; // The new key is the last to be looked at again
        return place;
    }
}
