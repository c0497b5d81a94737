using System.Runtime.InteropServices;

namespace Onetun.WireGuard;

/// <summary>
/// The 32-bit indices by which datagrams name our handshakes and sessions: random, so that they tell nothing, and in
/// one table, so that none is used twice (WireGuard §5.4.2).
/// </summary>
internal sealed class IndexTable(IEnvironment environment)
{
    private readonly Dictionary<uint, Entry> _entries = [];

    public int Count => _entries.Count;

    /// <summary>Takes a free index for a handshake of this peer.</summary>
    public uint Allocate(Peer peer)
    {
        uint index = 0;
        var bytes = MemoryMarshal.AsBytes(new Span<uint>(ref index));
        do
        {
            environment.Fill(bytes);
        }
        while (!_entries.TryAdd(index, new Entry(peer, null)));
        return index;
    }

    /// <summary>The index of a handshake now names the session that came of it.</summary>
    public void Promote(uint index, Session session) => _entries[index] = new Entry(session.Peer, session);

    public void Remove(uint index) => _entries.Remove(index);

    public bool TryFind(uint index, out Entry entry) => _entries.TryGetValue(index, out entry);

    /// <param name="Peer">Whose it is.</param>
    /// <param name="Session">Null while it names a handshake.</param>
    public readonly record struct Entry(Peer Peer, Session? Session);
}
