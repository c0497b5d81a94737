namespace Onetun.WireGuard;

/// <summary>
/// Longest-prefix match for one address family: a binary trie in which a chain of nodes with a single child is one
/// node. At most 2n − 1 nodes for n prefixes.
/// </summary>
internal sealed class PrefixTrie
{
    private Node? _root;

    public bool IsEmpty => _root is null;

    public Peer? Find(UInt128 address)
    {
        Peer? found = null;
        var node = _root;
        while (node is not null && node.Contains(address))
        {
            found = node.Peer ?? found;
            if (node.Length == InnerAddress.Ipv6Bits)
            {
                break;
            }

            node = node.Child(address);
        }

        return found;
    }

    /// <summary>Gives the prefix to a peer. Returns the peer that had it, if any.</summary>
    public Peer? Insert(UInt128 bits, int length, Peer peer)
    {
        var added = new Node(bits, length) { Peer = peer };
        ref var link = ref _root;
        while (link is not null && link.Length <= length && link.Contains(bits))
        {
            if (link.Length == length)
            {
                var previous = link.Peer;
                link.Peer = peer;
                return previous;
            }

            link = ref link.Child(bits);
        }

        if (link is not null)
        {
            var below = link;
            var common = Math.Min(CommonBits(bits, below.Bits), length);
            if (common == length)
            {
                added.Child(below.Bits) = below;
            }
            else
            {
                var fork = new Node(bits, common);
                fork.Child(below.Bits) = below;
                fork.Child(bits) = added;
                added = fork;
            }
        }

        link = added;
        return null;
    }

    /// <summary>Removes exactly this prefix, if this peer has it.</summary>
    public bool Remove(UInt128 bits, int length, Peer peer) => Remove(ref _root, bits, length, peer);

    private static bool Remove(ref Node? link, UInt128 bits, int length, Peer peer)
    {
        if (link is null || link.Length > length || !link.Contains(bits))
        {
            return false;
        }

        if (link.Length < length)
        {
            if (!Remove(ref link.Child(bits), bits, length, peer))
            {
                return false;
            }
        }
        else if (link.Peer == peer)
        {
            link.Peer = null;
        }
        else
        {
            return false;
        }

        // A node that stands for no prefix and joins fewer than two is not needed.
        if (link.Peer is null && (link.Zero is null || link.One is null))
        {
            link = link.Zero ?? link.One;
        }

        return true;
    }

    public static int CommonBits(UInt128 a, UInt128 b) => (int)UInt128.LeadingZeroCount(a ^ b);

    private sealed class Node
    {
        private readonly UInt128 _mask;
        private readonly UInt128 _next;
        private Node? _zero;
        private Node? _one;

        public Node(UInt128 bits, int length)
        {
            // A shift of a UInt128 by all its 128 bits is a shift by none.
            _mask = length == 0 ? 0 : UInt128.MaxValue << (InnerAddress.Ipv6Bits - length);
            _next = length == InnerAddress.Ipv6Bits ? 0 : UInt128.One << (InnerAddress.Ipv6Bits - 1 - length);
            Bits = bits & _mask;
            Length = length;
        }

        public UInt128 Bits { get; }

        public int Length { get; }

        public Peer? Peer { get; set; }

        public Node? Zero => _zero;

        public Node? One => _one;

        public bool Contains(UInt128 address) => (address & _mask) == Bits;

        /// <summary>The branch that the first bit behind the prefix takes.</summary>
        public ref Node? Child(UInt128 address) => ref (address & _next) == 0 ? ref _zero : ref _one;
    }
}
