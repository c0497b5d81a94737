using CsCheck;
using static Onetun.NetStack.ReassemblyResult;

namespace Onetun.NetStack.Tests;

public sealed class ReassemblerTests
{
    private readonly ReassemblyBench _bench = new();

    [Fact]
    public void Whatever_is_cut_is_put_together_in_any_order() =>
        Gen.Select(PacketGenerator.Flow, Gen.Int[100, 65_507], Gen.Int[68, 9000], Gen.Int, Gen.UInt).Sample(
            (flow, length, mtu, seed, identification) =>
            {
                var bench = new ReassemblyBench(new ReassemblerOptions { MaxFragments = 10_000 });
                var packet = FragmentEdit.Packet(flow, length, seed);
                byte[][] fragments = [.. FragmentEdit.Cut(packet, Math.Min(mtu, length), identification)];
                new Random(seed).Shuffle(fragments);
                var results = bench.AddAll(fragments);
                Assert.All(results[..^1], r => Assert.Equal(Held, r));
                Assert.Equal(Complete, results[^1]);
                Assert.Equal(FragmentEdit.Whole(packet, identification), bench.Whole);
                Assert.True(UdpDatagram.TryRead(bench.Whole, out var datagram));
                Assert.Equal(flow.Reversed, datagram.Flow);
                bench.Reassembler.Clear();
                Assert.Equal(0, bench.Pool.Outstanding);
            },
            iter: 100);

    [Theory]
    [InlineData(4, 65_515)]
    [InlineData(6, 65_535)]
    public void Longest_packet_is_put_together(int version, int payload)
    {
        var packet = FragmentEdit.Packet(FragmentEdit.Flow(version), payload);
        _bench.AddAll(FragmentEdit.Cut(packet, 1280));
        Assert.Equal(FragmentEdit.Whole(packet), _bench.Whole);
    }

    [Theory]
    [InlineData(4)]
    [InlineData(6)]
    public void All_orders_of_five_fragments_are_put_together(int version)
    {
        var packet = FragmentEdit.Packet(FragmentEdit.Flow(version), 203);
        byte[][] fragments = [.. Enumerable.Range(0, 5).Select(i =>
            FragmentEdit.Piece(packet, i * 40, i == 4 ? 203 : (i + 1) * 40, more: i < 4))];
        for (var order = 0; order < 120; order++)
        {
            List<byte[]> left = [.. fragments];
            for (int i = 5, rest = order; i > 0; rest /= i--)
            {
                Assert.Equal(i == 1 ? Complete : Held, _bench.Add(left[rest % i]));
                left.RemoveAt(rest % i);
            }

            Assert.Equal(FragmentEdit.Whole(packet), _bench.Whole);
        }

        Assert.Equal(120 * 4, _bench.Reassembler.Count(Held));
    }

    /// <summary>The cases of packetimpact's ipv4_fragment_reassembly and ipv6_fragment_reassembly.</summary>
    [Theory]
    [InlineData("in order", new[] { 0, 1000, 1, 1000, 1000, 1, 2000, 1000, 0 }, true)]
    [InlineData("reversed", new[] { 2000, 1000, 0, 1000, 1000, 1, 0, 1000, 1 }, true)]
    [InlineData("duplicate", new[] { 0, 1000, 1, 1000, 1000, 1, 1000, 1000, 1, 2000, 1000, 0 }, true)]
    [InlineData("subset", new[] { 0, 1000, 1, 1000, 1000, 1, 512, 256, 1, 2000, 1000, 0 }, true)]
    [InlineData("overlap", new[] { 0, 1000, 1, 1512, 1000, 1, 1000, 1000, 1, 2000, 1000, 0 }, false)]
    public void Duplicates_and_subsets_are_fine_and_overlaps_are_not(string name, int[] pieces, bool completes)
    {
        foreach (var version in new[] { 4, 6 })
        {
            var packet = FragmentEdit.Packet(FragmentEdit.Flow(version), 3000);
            var results = _bench.AddAll(pieces.Chunk(3).Select(
                p => FragmentEdit.Piece(packet, p[0], p[0] + p[1], p[2] == 1)));
            Assert.True(completes == (results[^1] == Complete), name);
            Assert.Equal(completes ? FragmentEdit.Whole(packet) : [], _bench.Whole);
        }
    }

    [Theory]
    [InlineData(4)]
    [InlineData(6)]
    public void All_overlaps_of_two_fragments_refuse_the_datagram(int version)
    {
        var packet = FragmentEdit.Packet(FragmentEdit.Flow(version), 80);
        byte[][] honest = [.. Enumerable.Range(0, 5).Select(
            i => FragmentEdit.Piece(packet, i * 16, (i + 1) * 16, i < 4))];
        for (var start = 0; start < 72; start += 8)
        {
            for (var end = start + 8; end < 80; end += 8)
            {
                var isDisjoint = end <= 32 || start >= 64;
                var isPart = start >= 32 && end <= 64;
                _bench.Reassembler.Clear();
                Assert.Equal(Held, _bench.Add(FragmentEdit.Piece(packet, 32, 64, more: true)));
                var other = FragmentEdit.Piece(packet, start, end, more: true);
                Assert.Equal(isDisjoint ? Held : isPart ? Duplicate : Overlap, _bench.Add(other));
                if (!isDisjoint && !isPart)
                {
                    // RFC 5722 §4: nor those that have not come yet
                    Assert.Equal(0, _bench.Reassembler.BytesHeld);
                    Assert.All(_bench.AddAll(honest), r => Assert.Equal(Refused, r));
                }
            }
        }
    }

    [Theory]
    [InlineData(4, 16, 32)]
    [InlineData(6, 16, 32)]
    [InlineData(4, 16, 24)]
    [InlineData(6, 24, 32)]
    public void Repetition_with_another_byte_refuses_the_datagram(int version, int start, int end)
    {
        var packet = FragmentEdit.Packet(FragmentEdit.Flow(version), 80);
        Assert.Equal(Held, _bench.Add(FragmentEdit.Piece(packet, 16, 32, more: true)));
        var forged = FragmentEdit.Piece(packet, start, end, more: true);
        forged[^1] ^= 1;
        Assert.Equal(Overlap, _bench.Add(forged));
        Assert.Equal(0, _bench.Pool.Outstanding);
    }

    [Theory]
    [InlineData(0, 16, true, 48, 80, false, 48, 72, false)]    // Two ends
    [InlineData(0, 16, true, 48, 80, false, 80, 88, true)]     // Past the end
    [InlineData(0, 16, true, 48, 80, false, 80, 88, false)]
    [InlineData(0, 16, true, 48, 80, false, 16, 80, true)]     // More behind the end
    [InlineData(0, 16, true, 48, 64, true, 32, 40, false)]     // An end before what is here
    [InlineData(0, 16, true, 48, 64, true, 48, 64, false)]     // The same, once not the last and once the last
    public void Fragments_that_disagree_on_the_end_refuse_the_datagram(
        int start1, int end1, bool more1, int start2, int end2, bool more2, int start3, int end3, bool more3)
    {
        foreach (var version in new[] { 4, 6 })
        {
            var packet = FragmentEdit.Packet(FragmentEdit.Flow(version), 96);
            var results = _bench.AddAll(
                FragmentEdit.Piece(packet, start1, end1, more1),
                FragmentEdit.Piece(packet, start2, end2, more2),
                FragmentEdit.Piece(packet, start3, end3, more3));
            Assert.Equal([Held, Held, EndMismatch], results);
            Assert.Equal(0, _bench.Pool.Outstanding);
        }
    }

    [Fact]
    public void Datagrams_that_differ_in_any_part_of_the_key_are_kept_apart()
    {
        var flow = FragmentEdit.Flow4;
        var packet = FragmentEdit.Packet(flow, 80);
        byte[] otherProtocol = [.. packet];
        otherProtocol[9] = 200;
        byte[][] last =
        [
            FragmentEdit.Piece(packet, 40, 80, more: false, identification: 8),
            FragmentEdit.Piece(otherProtocol, 40, 80, more: false),
            FragmentEdit.Piece(FragmentEdit.Packet(flow with { Local = flow.Remote }, 80), 40, 80, more: false),
            FragmentEdit.Piece(FragmentEdit.Packet(flow with { Remote = flow.Local }, 80), 40, 80, more: false),
        ];
        Assert.Equal(Held, _bench.Add(FragmentEdit.Piece(packet, 0, 40, more: true)));
        Assert.All(_bench.AddAll(last), r => Assert.Equal(Held, r));
        Assert.Equal(5, _bench.Reassembler.DatagramCount);
        Assert.Equal(Complete, _bench.Add(FragmentEdit.Piece(packet, 40, 80, more: false)));
    }

    [Fact]
    public void Ipv6_identification_has_32_bits()
    {
        var packet = FragmentEdit.Packet(FragmentEdit.Flow6, 80);
        Assert.Equal(Held, _bench.Add(FragmentEdit.Piece(packet, 0, 40, more: true, identification: 0x10007)));
        Assert.Equal(Held, _bench.Add(FragmentEdit.Piece(packet, 40, 80, more: false, identification: 7)));
        Assert.Equal(Complete, _bench.Add(FragmentEdit.Piece(packet, 40, 80, more: false, identification: 0x10007)));
    }

    [Fact]
    public void Ipv6_packet_between_mapped_addresses_does_not_join_an_ipv4_one()
    {
        var ipv4 = FragmentEdit.Packet(FragmentEdit.Flow4, 80);
        var ipv6 = FragmentEdit.Packet(FragmentEdit.Flow6, 80);
        new byte[10].CopyTo(ipv6, 8);
        new byte[10].CopyTo(ipv6, 24);
        ipv6[18] = ipv6[19] = ipv6[34] = ipv6[35] = 0xFF;
        ipv4.AsSpan(12, 4).CopyTo(ipv6.AsSpan(20));
        ipv4.AsSpan(16, 4).CopyTo(ipv6.AsSpan(36));
        Assert.Equal(Held, _bench.Add(FragmentEdit.Piece(ipv4, 0, 40, more: true)));
        var rest = FragmentEdit.Piece(ipv6, 40, 80, more: false);
        Assert.Equal(ReadResult.MappedAddress, IpHeader.Read(rest, out var header));
        Assert.Equal(Held, _bench.Reassembler.Add(TimeSpan.Zero, rest, header, out _)); // And if it came so far
        Assert.Equal(2, _bench.Reassembler.DatagramCount);
    }

    [Fact]
    public void Whole_packet_passes_untouched()
    {
        var packet = FragmentEdit.Packet(FragmentEdit.Flow4, 80);
        Assert.Equal(Complete, _bench.Add([.. packet, 1, 2, 3]));
        Assert.Equal(packet, _bench.Whole);
    }

    [Fact]
    public void Atomic_fragment_has_nothing_to_do_with_others_of_its_identification()
    {
        var packet = FragmentEdit.Packet(FragmentEdit.Flow6, 80);
        var atomic = FragmentEdit.Piece(packet, 0, 80, more: false);
        Assert.Equal(Held, _bench.Add(FragmentEdit.Piece(packet, 0, 40, more: true)));
        Assert.Equal(Complete, _bench.Add(atomic));
        Assert.Equal(atomic, _bench.Whole);
        Assert.True(UdpDatagram.TryRead(_bench.Whole, out _));
        Assert.Equal(Complete, _bench.Add(FragmentEdit.Piece(packet, 40, 80, more: false)));
        Assert.Equal(packet, _bench.Whole);
    }

    [Fact]
    public void Padding_behind_a_fragment_is_left_out()
    {
        var packet = FragmentEdit.Packet(FragmentEdit.Flow4, 80);
        Assert.Equal(Held, _bench.Add([.. FragmentEdit.Piece(packet, 0, 40, more: true), 9, 9]));
        Assert.Equal(Complete, _bench.Add([.. FragmentEdit.Piece(packet, 40, 80, more: false), 9, 9, 9]));
        Assert.Equal(FragmentEdit.Whole(packet), _bench.Whole);
    }
}
