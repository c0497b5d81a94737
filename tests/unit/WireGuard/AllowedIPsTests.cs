using System.Net;
using System.Text.Json;
using CsCheck;

namespace Onetun.WireGuard.Tests;

/// <summary>Longest-prefix match, on the kernel's and Go's cases and against a list searched from end to end.</summary>
public sealed class AllowedIPsTests : IDisposable
{
    private readonly TestDevice _device = new("Device", 1, "192.0.2.1:1");
    private readonly AllowedIPs _table = new();
    private readonly Dictionary<string, Peer> _peers = [];
    private readonly DeviceState _state;

    public AllowedIPsTests()
    {
        _state = new DeviceState(new DeviceOptions { PrivateKey = _device.Key }, _device.Environment, new Random(1));
    }

    public void Dispose() => _device.Dispose();

    [Fact]
    public void Ipv4_cases_of_the_kernel_find_the_peers_that_it_finds()
    {
        Insert(
            "a 192.168.4.0/24, b 192.168.4.4/32, c 192.168.0.0/16, d 192.95.5.64/27, c 192.95.5.65/27, e 0.0.0.0/0",
            "g 64.15.112.0/20, h 64.15.123.211/25, a 10.0.0.0/25, b 10.0.0.128/25, a 10.1.0.0/30, b 10.1.0.4/30",
            "c 10.1.0.8/29, d 10.1.0.16/29");
        AssertFinds(
            "a 192.168.4.20, a 192.168.4.0, b 192.168.4.4, c 192.168.200.182, c 192.95.5.68, e 192.95.5.96",
            "g 64.15.116.26, g 64.15.127.3, g 64.15.123.1, h 64.15.123.128, h 64.15.123.129, a 10.0.0.52",
            "b 10.0.0.220, a 10.1.0.2, b 10.1.0.6, c 10.1.0.10, d 10.1.0.20");
    }

    [Fact]
    public void Ipv6_cases_of_the_kernel_find_the_peers_that_it_finds()
    {
        Insert(
            "d 2607:5300:6000:6b00::c05f:543/128, c 2607:5300:6000:6b00::/64, e ::/0, f ::/0, g 2404:6800::/32",
            "h 2404:6800:4004:800:dead:beef:dead:beef/64, a 2404:6800:4004:800:dead:beef:dead:beef/128",
            "c 2444:6800:40e4:800:deae:beef:def:beef/128, b 2444:6800:f0e4:800:eeae:beef::/98");
        AssertFinds(
            "d 2607:5300:6000:6b00::c05f:543, c 2607:5300:6000:6b00::c02e:1ee, f 2607:5300:6000:6b01::",
            "g 2404:6800:4004:806::1006, g 2404:6800:4004:806:0:1234:0:5678, f 2404:67ff:4004:806:0:1234:0:5678",
            "f 2404:6801:4004:806:0:1234:0:5678, h 2404:6800:4004:800:0:1234:0:5678, h 2404:6800:4004:800::",
            "h 2404:6800:4004:800:1010:1010:1010:1010, a 2404:6800:4004:800:dead:beef:dead:beef");
    }

    [Fact]
    public void Shared_cases_find_what_they_say()
    {
        var cases = SharedVectors.Load("allowedips_cases.json");
        foreach (var family in new[] { "v4", "v6" })
        {
            foreach (var insert in cases.GetProperty(family + "_inserts").EnumerateArray())
            {
                Insert($"{insert[0]} {insert[1]}/{insert[2]}");
            }

            foreach (var lookup in cases.GetProperty(family + "_lookups").EnumerateArray())
            {
                AssertFinds($"{lookup[1]} {lookup[0]}");
            }
        }
    }

    [Fact]
    public void Removing_a_peer_removes_all_its_prefixes_and_every_node()
    {
        Insert("a 1.0.0.0/32, a 64.0.0.0/32, a 128.0.0.0/32, a 192.0.0.0/32, a 255.0.0.0/32");
        _table.RemoveAll(_peers["a"]);
        AssertFinds("- 1.0.0.0, - 64.0.0.0, - 128.0.0.0, - 192.0.0.0, - 255.0.0.0");
        Assert.True(_table.IsEmpty);

        Insert("a 192.168.0.0/16, a 192.168.0.0/24");
        _table.RemoveAll(_peers["a"]);
        AssertFinds("- 192.168.0.1");
        Assert.True(_table.IsEmpty);
        Assert.Empty(_peers["a"].Prefixes);
    }

    [Fact]
    public void Only_the_owner_of_exactly_this_prefix_gives_it_up()
    {
        Insert("a 1.0.0.0/32, a 192.0.0.0/24, b 8.8.8.8/32, a 2404:6800::/96");
        Assert.False(_table.Remove(Network("192.0.0.0/32"), _peers["a"]));
        Assert.False(_table.Remove(Network("192.0.0.0/24"), _peers["b"]));
        Assert.False(_table.Remove(Network("2404:6800::/98"), _peers["a"]));
        Assert.False(_table.Remove(Network("2404:6800::/128"), _peers["a"]));
        AssertFinds("a 192.0.0.1, a 2404:6800::1");

        Assert.True(_table.Remove(Network("192.0.0.0/24"), _peers["a"]));
        Assert.True(_table.Remove(Network("2404:6800::/96"), _peers["a"]));
        AssertFinds("- 192.0.0.1, - 2404:6800::1, a 1.0.0.0");
    }

    [Fact]
    public void Prefix_belongs_to_the_peer_it_was_given_to_last()
    {
        Insert("a 10.0.0.0/8, b 10.0.0.0/8");
        AssertFinds("b 10.1.2.3");
        Assert.Empty(_peers["a"].AllowedIPs);
        Assert.Equal([Network("10.0.0.0/8")], _peers["b"].AllowedIPs);
    }

    [Fact]
    public void Default_route_finds_everything_of_its_family_only()
    {
        Insert("a 0.0.0.0/0");
        AssertFinds("a 0.0.0.0, a 255.255.255.255, - ::, - ffff::");
    }

    [Theory]
    [InlineData("1.4.53.128", "0.0.0.0", 7)]
    [InlineData("0.4.53.128", "0.0.0.0", 13)]
    [InlineData("0.4.53.253", "0.4.53.252", 31)]
    [InlineData("192.168.1.1", "192.169.1.1", 15)]
    [InlineData("65.168.1.1", "192.169.1.1", 0)]
    public void Common_bits_are_counted_from_the_first(string first, string second, int expected)
    {
        Assert.Equal(expected, PrefixTrie.CommonBits(Address(first).Bits, Address(second).Bits));
    }

    [Fact]
    public void Deepest_chain_of_prefixes_is_inserted_found_and_removed()
    {
        var all = UInt128.MaxValue;
        var trie = new PrefixTrie();
        var peer = PeerNamed("a");
        for (var bit = 0; bit < 128; bit++)
        {
            Assert.Null(trie.Insert(all ^ (UInt128.One << bit), 128, peer));
        }

        for (var bit = 0; bit < 128; bit++)
        {
            Assert.Same(peer, trie.Find(all ^ (UInt128.One << bit)));
            Assert.True(trie.Remove(all ^ (UInt128.One << bit), 128, peer));
        }

        Assert.True(trie.IsEmpty);
    }

    [Fact]
    public void Five_hundred_random_routes_of_100_peers_match_a_naive_search_until_all_are_removed()
    {
        var random = new Random(7);
        var naive = new List<(IPNetwork Network, Peer Peer)>();
        for (var i = 0; i < 500; i++)
        {
            var network = RandomNetwork(random, isIpv4: i % 2 == 0);
            var peer = PeerNamed("p" + random.Next(100));
            _table.Add(network, peer);
            naive.RemoveAll(route => route.Network == network);
            naive.Add((network, peer));
        }

        AssertMatches(naive, random, 10_000);
        foreach (var peer in _peers.Values.Take(4).ToArray())
        {
            _table.RemoveAll(peer);
            naive.RemoveAll(route => route.Peer == peer);
            AssertMatches(naive, random, 1_000);
        }

        foreach (var peer in _peers.Values)
        {
            _table.RemoveAll(peer);
        }

        Assert.True(_table.IsEmpty);
    }

    [Fact]
    public void Any_order_of_inserts_and_removals_matches_a_naive_search()
    {
        Gen.Select(Gen.Int[0, 3], Gen.Int[0, 255], Gen.Int[0, 8], Gen.Bool).Array[1, 60].Sample(
            operations =>
            {
                var trie = new PrefixTrie();
                var naive = new Dictionary<(UInt128 Bits, int Length), Peer>();
                foreach ((var name, var bits, var length, var isInsert) in operations)
                {
                    var mask = length == 0 ? 0 : UInt128.MaxValue << (128 - length);
                    var address = ((UInt128)bits << 120) & mask;
                    var peer = PeerNamed("p" + name);
                    if (isInsert)
                    {
                        trie.Insert(address, length, peer);
                        naive[(address, length)] = peer;
                    }
                    else
                    {
                        var isThere = naive.TryGetValue((address, length), out var owner) && owner == peer;
                        Assert.Equal(isThere, trie.Remove(address, length, peer));
                        if (isThere)
                        {
                            naive.Remove((address, length));
                        }
                    }
                }

                for (var value = 0; value < 256; value++)
                {
                    var address = (UInt128)value << 120;
                    var expected = naive
                        .Where(entry => entry.Key.Length == 0 || (address ^ entry.Key.Bits) >> (128 - entry.Key.Length) == 0)
                        .OrderByDescending(entry => entry.Key.Length)
                        .Select(entry => entry.Value)
                        .FirstOrDefault();
                    Assert.Same(expected, trie.Find(address));
                }
            },
            threads: 1);
    }

    private static IPNetwork RandomNetwork(Random random, bool isIpv4)
    {
        var bytes = new byte[isIpv4 ? 4 : 16];
        random.NextBytes(bytes);
        bytes[0] = (byte)random.Next(4);
        return Masked(new IPAddress(bytes), random.Next((bytes.Length * 8) + 1));
    }

    private void AssertMatches(List<(IPNetwork Network, Peer Peer)> naive, Random random, int lookups)
    {
        for (var i = 0; i < lookups; i++)
        {
            var bytes = new byte[i % 2 == 0 ? 4 : 16];
            random.NextBytes(bytes);
            bytes[0] = (byte)random.Next(4);
            var address = new IPAddress(bytes);
            var expected = naive
                .Where(route => route.Network.Contains(address))
                .OrderByDescending(route => route.Network.PrefixLength)
                .FirstOrDefault()
                .Peer;
            Assert.Same(expected, _table.Find(InnerAddress.From(address)));
        }
    }

    /// <summary>"name prefix, name prefix": host bits are masked, as wg does before it comes to this table.</summary>
    private void Insert(params string[] lists)
    {
        foreach (var entry in lists.SelectMany(list => list.Split(", ")).Select(entry => entry.Split(' ')))
        {
            _table.Add(Network(entry[1]), PeerNamed(entry[0]));
        }
    }

    /// <summary>"name address, name address", a dash for nobody.</summary>
    private void AssertFinds(params string[] lists)
    {
        foreach (var entry in lists.SelectMany(list => list.Split(", ")).Select(entry => entry.Split(' ')))
        {
            Assert.Same(entry[0] == "-" ? null : PeerNamed(entry[0]), _table.Find(Address(entry[1])));
        }
    }

    private static InnerAddress Address(string text) => InnerAddress.From(IPAddress.Parse(text));

    private static IPNetwork Network(string text)
    {
        var parts = text.Split('/');
        return Masked(IPAddress.Parse(parts[0]), int.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture));
    }

    private static IPNetwork Masked(IPAddress address, int length)
    {
        var bytes = address.GetAddressBytes();
        for (var bit = length; bit < bytes.Length * 8; bit++)
        {
            bytes[bit / 8] &= (byte)~(0x80 >> (bit % 8));
        }

        return new IPNetwork(new IPAddress(bytes), length);
    }

    private Peer PeerNamed(string name)
    {
        if (!_peers.TryGetValue(name, out var peer))
        {
            var key = new byte[PublicKey.Size];
            new Random(_peers.Count).NextBytes(key);
            peer = new Peer(_state, new PublicKey(key));
            _peers.Add(name, peer);
        }

        return peer;
    }
}
