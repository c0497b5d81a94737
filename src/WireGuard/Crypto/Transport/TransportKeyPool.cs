namespace Onetun.WireGuard;

/// <summary>
/// Bounds the transport keys that lie in guarded memory. Each takes four memory maps, of which Linux grants a process
/// 65,530; with 65,536 peers the runtime itself found none left, which ends the process. A key not used for the longest
/// time, or nearly, makes room (second chance), and costs about 50 µs when it is used again.
/// </summary>
internal sealed class AeadPool(int capacity)
{
    private readonly List<Aead?> _ring = [];
    private readonly Dictionary<Aead, int> _places = [];
    private readonly Stack<int> _free = new();
    private int _hand;

    public int Count => _places.Count;

    public void Add(Aead aead)
    {
        int place = TakePlace();
        _ring[place] = aead;
        _places.Add(aead, place);
    }

    public void Remove(Aead aead)
    {
        if (_places.Remove(aead, out int place))
        {
            _ring[place] = null;
            _free.Push(place);
        }
    }

    private int TakePlace()
    {
        if (_free.TryPop(out int place))
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
        _hand = (_hand + 1) % capacity; // the new key is the last to be looked at again
        return place;
    }
}
