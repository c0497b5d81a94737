namespace Onetun.NetStack.Tests;

/// <summary>What PacketDotNet by itself would not survive, or would get wrong, comes out right.</summary>
public sealed class PacketReaderTests
{
    private static readonly FlowKey Flow4 = new(
        IpAddress.FromIpv4(0x0A000001), IpAddress.FromIpv4(0x0A000002), 80, 50_000);

    private static readonly FlowKey Flow6 = new(
        new IpAddress(0xFD00_0000_0000_0000, 1), new IpAddress(0xFD00_0000_0000_0000, 2), 80, 50_000);

    private readonly PacketReader _reader = new();

    [Fact]
    public void Tcp_option_of_length_0_is_malformed()
    {
        var packet = Tcp(Flow4, [8, 0, 0, 0], [1]);
        Assert.Equal(ReadResult.Malformed, _reader.TryReadTcp(packet, out _));
        Assert.Equal(ReadResult.Malformed, SegmentReader.TryRead(packet, out _));
    }

    [Fact]
    public void Urgent_segment_keeps_its_options()
    {
        var packet = new PlainSegment(Flow4, 1, 2, 16, 3, [1, 1, 8, 10, 0, 0, 0, 9, 0, 0, 0, 8], [7]).ToBytes();
        packet[33] |= (byte)TcpFlags.Urg;
        PacketEdit.FixTransportChecksum(packet, 20, IpProtocol.Tcp, 16);
        Assert.Equal(ReadResult.Ok, _reader.TryReadTcp(packet, out var segment));
        Assert.True(segment.Has(TcpFlags.Urg));
        Assert.Equal(9u, segment.Options.TimestampValue);
        Assert.Equal([7], segment.Payload.ToArray());
    }

    [Fact]
    public void Payload_that_looks_like_drda_is_payload()
    {
        byte[] payload = [0, 10, 0xD0, 1, 0, 1, 0, 4, 0x10, 0x41];
        var packet = Tcp(Flow4, [], payload);
        Assert.Equal(ReadResult.Ok, _reader.TryReadTcp(packet, out var segment));
        Assert.Equal(payload, segment.Payload.ToArray());
    }

    [Theory]
    [InlineData(9)]      // Wake on LAN
    [InlineData(67)]     // DHCP
    [InlineData(68)]
    [InlineData(1701)]   // L2TP
    [InlineData(3544)]   // Teredo
    [InlineData(4789)]   // VXLAN
    public void Udp_payload_is_payload_whatever_the_port(ushort port)
    {
        var payload = new byte[300];
        payload.AsSpan(0, 6).Fill(0xFF);
        var packet = new byte[400];
        var length = UdpWriter.Write(packet, (Flow4 with { LocalPort = port }).Reversed, payload);
        Assert.True(_reader.TryReadUdp(packet.AsSpan(0, length), out var datagram));
        Assert.Equal(Flow4 with { LocalPort = port }, datagram.Flow);
        Assert.Equal(payload, datagram.Payload.ToArray());
    }

    [Theory]
    [InlineData("01010101")]
    [InlineData("9404000000000000")]
    public void Ipv4_options_are_stepped_over(string options)
    {
        var packet = PacketEdit.WithIpv4Options(Tcp(Flow4, [], [1, 2, 3]), Convert.FromHexString(options));
        Assert.Equal(ReadResult.NotTcp, SegmentReader.TryRead(packet, out _));
        Assert.Equal(ReadResult.Ok, _reader.TryReadTcp(packet, out var segment));
        Assert.Equal(Flow4, segment.Flow);
        Assert.Equal([1, 2, 3], segment.Payload.ToArray());
    }

    [Fact]
    public void Ipv4_header_longer_than_the_packet_is_malformed()
    {
        var packet = Tcp(Flow4, [], [1, 2, 3]);
        packet[0] = 0x4F;
        Assert.Equal(ReadResult.Malformed, _reader.TryReadTcp(packet, out _));
        packet[0] = 0x44;
        Assert.Equal(ReadResult.Malformed, _reader.TryReadTcp(packet, out _));
    }

    [Fact]
    public void Ipv4_total_length_of_0_is_malformed_and_left_alone()
    {
        var packet = Tcp(Flow4, [], [1, 2, 3]);
        packet[2] = packet[3] = 0;
        PacketEdit.FixIpv4Checksum(packet);
        byte[] copy = [.. packet];
        Assert.Equal(ReadResult.Malformed, _reader.TryReadTcp(packet, out _));
        Assert.Equal(copy, packet);
    }

    [Fact]
    public void Several_ipv6_extension_headers_are_stepped_over()
    {
        var packet = Tcp(Flow6, [], [1, 2, 3]);
        packet = PacketEdit.WithExtension(packet, IpProtocol.DestinationOptions, [0, 1, 1, 12, .. new byte[12]]);
        packet = PacketEdit.WithExtension(packet, IpProtocol.Fragment, new byte[8]);
        packet = PacketEdit.WithExtension(packet, IpProtocol.Routing, [0, 0, 4, 0, 0, 0, 0, 0]);
        packet = PacketEdit.WithExtension(packet, IpProtocol.HopByHop, [0, 0, 1, 4, 0, 0, 0, 0]);
        Assert.Equal(ReadResult.NotTcp, SegmentReader.TryRead(packet, out _));
        Assert.Equal(ReadResult.Ok, _reader.TryReadTcp(packet, out var segment));
        Assert.Equal(Flow6, segment.Flow);
        Assert.Equal([1, 2, 3], segment.Payload.ToArray());
        for (var length = 0; length < packet.Length; length++)
        {
            Assert.Equal(ReadResult.Malformed, _reader.TryReadTcp(packet.AsSpan(0, length), out _));
        }
    }

    [Fact]
    public void Packet_larger_than_any_mtu_is_read()
    {
        var payload = new byte[60_000];
        new Random(1).NextBytes(payload);
        var packet = new byte[60_100];
        var length = UdpWriter.Write(packet, Flow6.Reversed, payload);
        Assert.True(_reader.TryReadUdp(packet.AsSpan(0, length), out var datagram));
        Assert.Equal(payload, datagram.Payload.ToArray());
    }

    private static byte[] Tcp(FlowKey flow, byte[] options, byte[] payload) =>
        new PlainSegment(flow, 1000, 2000, 16, 512, options, payload).ToBytes();
}
