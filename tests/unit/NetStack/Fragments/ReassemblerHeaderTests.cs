using System.Buffers.Binary;
using static Onetun.NetStack.ReassemblyResult;

namespace Onetun.NetStack.Tests;

/// <summary>What the headers of fragments must hold, and which of them the whole packet gets.</summary>
public sealed class ReassemblerHeaderTests
{
    private readonly ReassemblyBench _bench = new();

    [Theory]
    [InlineData(4)]
    [InlineData(6)]
    public void Fragment_that_is_not_the_last_has_a_multiple_of_eight(int version)
    {
        var packet = FragmentEdit.Packet(FragmentEdit.Flow(version), 80);
        for (var length = 33; length < 40; length++)
        {
            Assert.Equal(BadLength, _bench.Add(FragmentEdit.Piece(packet, 0, length, more: true)));
        }

        Assert.Equal(0, _bench.Reassembler.DatagramCount);
    }

    [Theory]
    [InlineData(4, true)]
    [InlineData(4, false)]
    [InlineData(6, true)]
    [InlineData(6, false)]
    public void Fragment_without_data_is_dropped(int version, bool more)
    {
        var packet = FragmentEdit.Packet(FragmentEdit.Flow(version), 80);
        Assert.Equal(Empty, _bench.Add(FragmentEdit.Piece(packet, 40, 40, more)));
        Assert.Equal(0, _bench.Reassembler.DatagramCount);
    }

    [Theory]
    [InlineData(4, 65_512, 3, Held)]      // 20 + 65,515 = 65,535
    [InlineData(4, 65_512, 4, TooLong)]
    [InlineData(4, 65_528, 1, TooLong)]
    [InlineData(6, 65_528, 7, Held)]      // The header of IPv6 does not count
    [InlineData(6, 65_528, 8, TooLong)]
    [InlineData(6, 65_520, 17, TooLong)]
    public void Fragment_past_the_longest_packet_is_dropped(int version, int offset, int length, object result)
    {
        var piece = FragmentEdit.Piece(FragmentEdit.Packet(FragmentEdit.Flow(version), 80), 0, length, more: false);
        MoveTo(piece, offset);
        Assert.Equal((ReassemblyResult)result, _bench.Add(piece));
    }

    /// <summary>packetimpact's ipv6_fragment_icmp_error: Parameter Problem points at byte 42.</summary>
    [Theory]
    [InlineData(40, 6, 42)]
    [InlineData(48, 40, 50)]
    public void Header_of_an_ipv6_fragment_tells_where_the_fragment_header_is(int headerLength, int link, int pointer)
    {
        var packet = FragmentEdit.Packet(FragmentEdit.Flow6, 80);
        packet = headerLength == 40 ? packet : PacketEdit.WithExtension(packet, IpProtocol.HopByHop, new byte[8]);
        var piece = FragmentEdit.Piece(packet, 40, 80, more: false, headerLength: headerLength);
        Assert.True(IpHeader.TryRead(piece, out var header));
        Assert.Equal((link, pointer), (header.FragmentLinkOffset, header.ProtocolOffset + 2));
        Assert.Equal(40, BinaryPrimitives.ReadUInt16BigEndian(piece.AsSpan(pointer)));
    }

    [Theory]
    [InlineData(IpProtocol.Tcp, 16, false)]
    [InlineData(IpProtocol.Tcp, 24, true)]
    [InlineData(IpProtocol.Udp, 8, true)]
    [InlineData(IpProtocol.Icmp, 8, true)]
    [InlineData(IpProtocol.IcmpV6, 8, true)]
    [InlineData(200, 8, true)]
    public void First_fragment_holds_the_header_of_the_upper_layer(byte protocol, int length, bool accepted)
    {
        foreach (var version in new[] { 4, 6 })
        {
            var packet = FragmentEdit.Packet(FragmentEdit.Flow(version), 80);
            packet[version == 4 ? 9 : 6] = protocol;
            packet[(version == 4 ? 20 : 40) + 12] = 0x50;
            var piece = FragmentEdit.Piece(packet, 0, length, more: true);
            Assert.Equal(accepted ? Held : IncompleteHeader, _bench.Add(piece));
        }
    }

    [Theory]
    [InlineData(56, Held)]
    [InlineData(48, IncompleteHeader)]
    public void First_fragment_holds_all_tcp_options(int length, object result)
    {
        var packet = FragmentEdit.Packet(FragmentEdit.Flow4, 80);
        packet[9] = IpProtocol.Tcp;
        packet[32] = 13 << 4;
        Assert.Equal((ReassemblyResult)result, _bench.Add(FragmentEdit.Piece(packet, 0, length, more: true)));
    }

    [Theory]
    [InlineData(8, IncompleteHeader)]     // Only half of the options
    [InlineData(16, IncompleteHeader)]    // Nothing of UDP
    [InlineData(24, Held)]
    public void First_fragment_holds_the_whole_chain_of_extension_headers(int length, object result)
    {
        byte[] options = [0, 1, 1, 12, .. new byte[12]];
        var packet = PacketEdit.WithExtension(
            FragmentEdit.Packet(FragmentEdit.Flow6, 80), IpProtocol.DestinationOptions, options);
        Assert.Equal((ReassemblyResult)result, _bench.Add(FragmentEdit.Piece(packet, 0, length, more: true)));
        if ((ReassemblyResult)result == Held)
        {
            Assert.Equal(Complete, _bench.Add(FragmentEdit.Piece(packet, length, packet.Length - 40, more: false)));
            Assert.Equal(packet, _bench.Whole);
        }
    }

    [Fact]
    public void Fragment_inside_a_fragment_is_dropped()
    {
        var inner = FragmentEdit.Piece(FragmentEdit.Packet(FragmentEdit.Flow6, 80), 0, 40, more: true);
        Assert.Equal(IncompleteHeader, _bench.Add(FragmentEdit.Piece(inner, 0, 48, more: true)));
    }

    [Fact]
    public void Headers_come_from_the_first_fragment_whenever_it_comes()
    {
        var packet = FragmentEdit.Packet(FragmentEdit.Flow4, 80);
        packet = PacketEdit.WithIpv4Options(packet, [1, 1, 1, 1, 1, 1, 1, 0]);
        var first = FragmentEdit.Piece(packet, 0, 32, more: true, headerLength: 28);
        var plain = FragmentEdit.Packet(FragmentEdit.Flow4, 80);
        plain[8] = 3;  // Another TTL
        var middle = FragmentEdit.Piece(plain, 32, 64, more: true);
        var last = FragmentEdit.Piece(plain, 64, 80, more: false);
        foreach (var order in (byte[][][])[[first, middle, last], [middle, first, last], [last, middle, first]])
        {
            Assert.Equal([Held, Held, Complete], _bench.AddAll(order));
            Assert.Equal(FragmentEdit.Whole(packet), _bench.Whole);
        }
    }

    [Fact]
    public void Extension_headers_before_the_fragment_header_stay()
    {
        var bare = FragmentEdit.Packet(FragmentEdit.Flow6, 80);
        var packet = PacketEdit.WithExtension(bare, IpProtocol.HopByHop, [0, 1, 1, 12, .. new byte[12]]);
        var first = FragmentEdit.Piece(packet, 0, 32, more: true, headerLength: 56);
        var middle = FragmentEdit.Piece(packet, 32, 64, more: true, headerLength: 56);
        var last = FragmentEdit.Piece(bare, 64, 80, more: false);
        foreach (var order in (byte[][][])[[first, middle, last], [middle, first, last], [last, middle, first]])
        {
            Assert.Equal([Held, Held, Complete], _bench.AddAll(order));
            Assert.Equal(packet, _bench.Whole);
        }
    }

    [Fact]
    public void Next_header_of_later_ipv6_fragments_does_not_count()
    {
        var packet = FragmentEdit.Packet(FragmentEdit.Flow6, 80);
        var last = FragmentEdit.Piece(packet, 40, 80, more: false);
        last[40] = 200;
        Assert.Equal([Held, Complete], _bench.AddAll(last, FragmentEdit.Piece(packet, 0, 40, more: true)));
        Assert.Equal(packet, _bench.Whole);
    }

    [Theory]
    [InlineData(4)]
    [InlineData(6)]
    public void Packet_that_its_first_header_makes_too_long_is_refused(int version)
    {
        var bare = FragmentEdit.Packet(FragmentEdit.Flow(version), 64_000);
        var longer = version == 4
            ? PacketEdit.WithIpv4Options(bare, new byte[40])
            : PacketEdit.WithExtension(bare, IpProtocol.HopByHop, new byte[8]);
        var end = FragmentEdit.Piece(bare, 0, version == 4 ? 1515 : 1535, more: false);
        MoveTo(end, 64_000);
        Assert.Equal([Held, Held], _bench.AddAll(end, FragmentEdit.Piece(bare, 32_000, 64_000, more: true)));
        var headerLength = version == 4 ? 60 : 48;
        var first = FragmentEdit.Piece(longer, 0, 32_000, more: true, headerLength: headerLength);
        Assert.Equal(TooLong, _bench.Add(first));
        Assert.Equal(0, _bench.Pool.Outstanding);
        Assert.Equal(Refused, _bench.Add(end));
    }

    private static void MoveTo(byte[] fragment, int offset)
    {
        var isIpv4 = fragment[0] >> 4 == 4;
        BinaryPrimitives.WriteUInt16BigEndian(fragment.AsSpan(isIpv4 ? 6 : 42), (ushort)(isIpv4 ? offset / 8 : offset));
        if (isIpv4)
        {
            PacketEdit.FixIpv4Checksum(fragment);
        }
    }
}
