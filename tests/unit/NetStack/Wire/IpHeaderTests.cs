namespace Onetun.NetStack.Tests;

public sealed class IpHeaderTests
{
    private static readonly FlowKey Flow6 = new(
        new IpAddress(0xFD00_0000_0000_0000, 1), new IpAddress(0xFD00_0000_0000_0000, 2), 80, 50_000);

    [Theory]
    [InlineData(IpProtocol.DestinationOptions, "0000 1e04 00000000", true)]    // Unknown, may be skipped
    [InlineData(IpProtocol.DestinationOptions, "0000 5e04 00000000", false)]   // Unknown, discard
    [InlineData(IpProtocol.DestinationOptions, "0000 9e04 00000000", false)]
    [InlineData(IpProtocol.DestinationOptions, "0000 de04 00000000", false)]
    [InlineData(IpProtocol.DestinationOptions, "0000 0105 00000000", false)]   // Past its header
    [InlineData(IpProtocol.DestinationOptions, "0000 0000 00000001", false)]   // No length
    [InlineData(IpProtocol.DestinationOptions, "0000 0000 00000000", true)]    // Pad1 only
    [InlineData(IpProtocol.HopByHop, "0000 0502 00000100", true)]              // Router alert
    [InlineData(IpProtocol.Routing, "0000 0000 00000000", true)]               // No segments left
    [InlineData(IpProtocol.Routing, "0000 0001 00000000", false)]
    [InlineData(IpProtocol.Authentication, "0001 0000 00000001 00000002", true)]
    [InlineData(IpProtocol.DestinationOptions, "00ff 0000 00000000", false)]   // Longer than the packet
    public void Extension_header_is_accepted_or_refused(byte kind, string hex, bool accepted)
    {
        var extension = Convert.FromHexString(hex.Replace(" ", ""));
        var packet = PacketEdit.WithExtension(Segment(), kind, extension);
        Assert.Equal(accepted, IpHeader.TryRead(packet, out var header));
        if (accepted)
        {
            Assert.Equal(IpProtocol.Tcp, header.Protocol);
            Assert.Equal(40, header.ProtocolOffset);
            Assert.Equal(40 + extension.Length, header.PayloadOffset);
        }
    }

    [Fact]
    public void Hop_by_hop_options_elsewhere_than_first_are_refused()
    {
        var packet = PacketEdit.WithExtension(Segment(), IpProtocol.HopByHop, new byte[8]);
        Assert.True(IpHeader.TryRead(packet, out _));
        packet = PacketEdit.WithExtension(packet, IpProtocol.DestinationOptions, new byte[8]);
        Assert.False(IpHeader.TryRead(packet, out _));
    }

    [Theory]
    [InlineData(8, true)]
    [InlineData(9, false)]
    public void Chain_is_bounded(int headers, bool accepted)
    {
        var packet = Segment();
        for (var i = 0; i < headers; i++)
        {
            packet = PacketEdit.WithExtension(packet, IpProtocol.DestinationOptions, new byte[8]);
        }

        Assert.Equal(accepted, IpHeader.TryRead(packet, out _));
    }

    [Theory]
    [InlineData("0000 0001 00000007", true, 0, true)]
    [InlineData("0000 0008 00000007", true, 8, false)]
    [InlineData("0000 fff9 00000007", true, 0xFFF8, true)]
    [InlineData("0000 0000 00000007", false, 0, false)]     // Atomic
    public void Ipv6_fragments_are_recognised(string hex, bool isFragment, int offset, bool more)
    {
        var packet = PacketEdit.WithExtension(
            Segment(), IpProtocol.Fragment, Convert.FromHexString(hex.Replace(" ", "")));
        Assert.True(IpHeader.TryRead(packet, out var header));
        Assert.Equal((isFragment, offset, more), (header.IsFragment, header.FragmentOffset, header.MoreFragments));
        Assert.Equal(7u, header.Identification);
        Assert.Equal(IpProtocol.Tcp, header.Protocol);
        Assert.Equal(48, header.PayloadOffset);
    }

    [Fact]
    public void Data_of_a_later_fragment_is_not_taken_for_headers()
    {
        // Its next header names destination options, but what follows is the middle of something
        var packet = PacketEdit.WithExtension(
            PacketEdit.WithExtension(Segment(), IpProtocol.DestinationOptions, [0, 200, 0, 0, 0, 0, 0, 0]),
            IpProtocol.Fragment,
            [0, 0, 0, 8, 0, 0, 0, 1]);
        Assert.True(IpHeader.TryRead(packet, out var header));
        Assert.Equal(IpProtocol.DestinationOptions, header.Protocol);
        Assert.Equal(48, header.PayloadOffset);
    }

    [Fact]
    public void Esp_is_a_payload()
    {
        var packet = Segment();
        packet[6] = 50;
        Assert.True(IpHeader.TryRead(packet, out var header));
        Assert.Equal((50, 40), (header.Protocol, header.PayloadOffset));
    }

    [Theory]
    [InlineData(0x35)]
    [InlineData(0x55)]
    [InlineData(0x05)]
    public void Other_versions_are_refused(byte first)
    {
        var packet = Segment();
        packet[0] = first;
        Assert.False(IpHeader.TryRead(packet, out _));
        Assert.Equal(ReadResult.Malformed, SegmentReader.TryRead(packet, out _));
    }

    private static byte[] Segment() => new PlainSegment(Flow6, 1, 2, 16, 3, [], [1, 2, 3]).ToBytes();
}
