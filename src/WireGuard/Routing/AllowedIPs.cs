using System.Net;

namespace Onetun.WireGuard;

/// <summary>Cryptokey routing: which peer an inner address belongs to, by longest prefix over all peers.</summary>
internal sealed class AllowedIPs
{
    private readonly PrefixTrie _ipv4 = new();
    private readonly PrefixTrie _ipv6 = new();

    public bool IsEmpty => _ipv4.IsEmpty && _ipv6.IsEmpty;

    public Peer? Find(in InnerAddress address) => Trie(address).Find(address.Bits);

    /// <summary>Gives the prefix to the peer, and takes it from the one that had it.</summary>
    public void Add(IPNetwork network, Peer peer)
    {
        var address = InnerAddress.From(network.BaseAddress);
        var previous = Trie(address).Insert(address.Bits, network.PrefixLength, peer);
        if (previous == peer)
        {
            return;
        }

        previous?.Prefixes.Remove(network);
        peer.Prefixes.Add(network);
    }

    /// <summary>Does nothing if another peer has the prefix by now.</summary>
    public bool Remove(IPNetwork network, Peer peer)
    {
        var address = InnerAddress.From(network.BaseAddress);
        return Trie(address).Remove(address.Bits, network.PrefixLength, peer) && peer.Prefixes.Remove(network);
    }

    public void RemoveAll(Peer peer)
    {
        foreach (var network in peer.Prefixes.ToArray())
        {
            Remove(network, peer);
        }
    }

    private PrefixTrie Trie(in InnerAddress address) => address.IsIPv4 ? _ipv4 : _ipv6;
}
