using System.Buffers.Binary;
using System.Net;
using PacketDotNet;
using PacketDotNet.Utils;

namespace Onetun.NetStack.Tests;

public sealed class IcmpErrorTests
{
    // The packets that errors are about go from remote to local
    private static readonly FlowKey Flow4 = new(
        IpAddress.FromIpv4(0x0A000001), IpAddress.FromIpv4(0x0A000002), 80, 50_000);

    private static readonly FlowKey Flow6 = new(
        new IpAddress(0xFD00_0000_0000_0000, 1), new IpAddress(0xFD00_0000_0000_0000, 2), 80, 50_000);

    private readonly PacketReader _reader = new();
    private readonly byte[] _reply = new byte[2000];

    [Theory]
    [InlineData(4, IcmpErrorKind.NetworkUnreachable)]
    [InlineData(4, IcmpErrorKind.HostUnreachable)]
    [InlineData(4, IcmpErrorKind.ProtocolUnreachable)]
    [InlineData(4, IcmpErrorKind.PortUnreachable)]
    [InlineData(4, IcmpErrorKind.AdministrativelyProhibited)]
    [InlineData(4, IcmpErrorKind.TimeExceeded)]
    [InlineData(6, IcmpErrorKind.NetworkUnreachable)]
    [InlineData(6, IcmpErrorKind.HostUnreachable)]
    [InlineData(6, IcmpErrorKind.ProtocolUnreachable)]
    [InlineData(6, IcmpErrorKind.PortUnreachable)]
    [InlineData(6, IcmpErrorKind.AdministrativelyProhibited)]
    [InlineData(6, IcmpErrorKind.TimeExceeded)]
    internal void Error_that_is_written_is_read_by_the_sender(int version, IcmpErrorKind kind)
    {
        var flow = version == 4 ? Flow4 : Flow6;
        var offending = Tcp(flow, 0xDEADBEEF, 10);
        var length = IcmpWriter.WriteUnreachable(_reply, offending, kind);
        Assert.True(_reader.TryReadIcmp(_reply.AsSpan(0, length), out var message));
        Assert.Equal((flow.Local, flow.Remote), (message.Source, message.Destination));
        Assert.True(message.TryGetError(out var error));
        Assert.Equal(new IcmpError(kind, 0, flow.Reversed, IpProtocol.Tcp, 0xDEADBEEF), error);
        Assert.Equal(offending, message.Body.ToArray());
    }

    [Theory]
    [InlineData(4, 576)]
    [InlineData(6, 1280)]
    public void Long_packet_is_quoted_in_part(int version, int longest)
    {
        var offending = Tcp(version == 4 ? Flow4 : Flow6, 1, 1300);
        var length = IcmpWriter.WriteUnreachable(_reply, offending, IcmpErrorKind.PortUnreachable);
        Assert.Equal(longest, length);
        Assert.True(_reader.TryReadIcmp(_reply.AsSpan(0, length), out var message));
        Assert.Equal(offending[..message.Body.Length], message.Body.ToArray());
        Assert.True(message.TryGetError(out _));
    }

    [Fact]
    public void PacketDotNet_finds_the_errors_valid()
    {
        var length = IcmpWriter.WriteUnreachable(_reply, Tcp(Flow4, 1, 5), IcmpErrorKind.PortUnreachable);
        var ip4 = new IPv4Packet(new ByteArraySegment(_reply[..length]));
        Assert.True(ip4.ValidIPChecksum);
        Assert.Equal(64, ip4.TimeToLive);
        var icmp4 = (IcmpV4Packet)ip4.PayloadPacket;
        Assert.True(icmp4.ValidIcmpChecksum);
        Assert.Equal(IcmpV4TypeCode.UnreachablePort, icmp4.TypeCode);

        length = IcmpWriter.WriteUnreachable(_reply, Tcp(Flow6, 1, 5), IcmpErrorKind.PortUnreachable);
        var ip6 = new IPv6Packet(new ByteArraySegment(_reply[..length]));
        Assert.Equal(length - 40, ip6.PayloadLength);
        var icmp6 = (IcmpV6Packet)ip6.PayloadPacket;
        Assert.True(icmp6.ValidIcmpChecksum);
        Assert.Equal((IcmpV6Type.DestinationUnreachable, 4), (icmp6.Type, icmp6.Code));
    }

    [Fact]
    public void Unknown_next_header_is_pointed_at()
    {
        var offending = PacketEdit.WithExtension(Tcp(Flow6, 1, 5), IpProtocol.DestinationOptions, new byte[8]);
        offending[40] = 200;
        var length = IcmpWriter.WriteUnreachable(_reply, offending, IcmpErrorKind.ProtocolUnreachable);
        Assert.True(_reader.TryReadIcmp(_reply.AsSpan(0, length), out var message));
        Assert.Equal((4, 1, 40u), (message.Type, message.Code, message.Rest));
    }

    [Fact]
    public void Error_about_an_error_is_never_written()
    {
        foreach (var flow in new[] { Flow4, Flow6 })
        {
            var error = new byte[2000];
            var length = IcmpWriter.WriteUnreachable(error, Tcp(flow, 1, 5), IcmpErrorKind.PortUnreachable);
            Assert.Equal(0, IcmpWriter.WriteUnreachable(_reply, error.AsSpan(0, length), IcmpErrorKind.HostUnreachable));
            var echo = IcmpPackets.Echo(flow, 1, 2, [1]);
            Assert.NotEqual(0, IcmpWriter.WriteUnreachable(_reply, echo, IcmpErrorKind.ProtocolUnreachable));
        }
    }

    [Theory]
    [InlineData("10.0.0.2", "224.0.0.1")]
    [InlineData("10.0.0.2", "255.255.255.255")]
    [InlineData("0.0.0.0", "10.0.0.1")]
    [InlineData("127.0.0.1", "10.0.0.1")]
    [InlineData("fd00::2", "ff02::1")]
    [InlineData("::", "fd00::1")]
    public void Error_is_never_written_about_packets_to_groups_or_from_nobody(string source, string destination)
    {
        var flow = new FlowKey(IpAddress.From(IPAddress.Parse(destination)), IpAddress.From(IPAddress.Parse(source)), 1, 2);
        Assert.Equal(0, IcmpWriter.WriteUnreachable(_reply, Tcp(flow, 1, 5), IcmpErrorKind.PortUnreachable));
    }

    [Fact]
    public void Error_is_never_written_about_a_later_fragment_or_a_damaged_packet()
    {
        var offending = Tcp(Flow4, 1, 5);
        offending[7] = 1;
        Assert.Equal(0, IcmpWriter.WriteUnreachable(_reply, offending, IcmpErrorKind.PortUnreachable));
        PacketEdit.FixIpv4Checksum(offending);
        Assert.Equal(0, IcmpWriter.WriteUnreachable(_reply, offending, IcmpErrorKind.PortUnreachable));
        offending[6] = 0x20;
        offending[7] = 0;
        PacketEdit.FixIpv4Checksum(offending);
        Assert.NotEqual(0, IcmpWriter.WriteUnreachable(_reply, offending, IcmpErrorKind.PortUnreachable));
    }

    [Fact]
    public void Error_that_does_not_fit_is_not_written() =>
        Assert.Equal(0, IcmpWriter.WriteUnreachable(new byte[60], Tcp(Flow4, 1, 5), IcmpErrorKind.PortUnreachable));

    [Theory]
    [InlineData(4, 3, 0, IcmpErrorKind.NetworkUnreachable)]
    [InlineData(4, 3, 1, IcmpErrorKind.HostUnreachable)]
    [InlineData(4, 3, 2, IcmpErrorKind.ProtocolUnreachable)]
    [InlineData(4, 3, 3, IcmpErrorKind.PortUnreachable)]
    [InlineData(4, 3, 4, IcmpErrorKind.PacketTooBig)]
    [InlineData(4, 3, 5, IcmpErrorKind.HostUnreachable)]
    [InlineData(4, 3, 6, IcmpErrorKind.NetworkUnreachable)]
    [InlineData(4, 3, 9, IcmpErrorKind.AdministrativelyProhibited)]
    [InlineData(4, 3, 13, IcmpErrorKind.AdministrativelyProhibited)]
    [InlineData(4, 11, 0, IcmpErrorKind.TimeExceeded)]
    [InlineData(4, 12, 0, IcmpErrorKind.ParameterProblem)]
    [InlineData(6, 1, 0, IcmpErrorKind.NetworkUnreachable)]
    [InlineData(6, 1, 1, IcmpErrorKind.AdministrativelyProhibited)]
    [InlineData(6, 1, 3, IcmpErrorKind.HostUnreachable)]
    [InlineData(6, 1, 4, IcmpErrorKind.PortUnreachable)]
    [InlineData(6, 1, 5, IcmpErrorKind.AdministrativelyProhibited)]
    [InlineData(6, 2, 0, IcmpErrorKind.PacketTooBig)]
    [InlineData(6, 3, 0, IcmpErrorKind.TimeExceeded)]
    [InlineData(6, 4, 0, IcmpErrorKind.ParameterProblem)]
    [InlineData(6, 4, 1, IcmpErrorKind.ProtocolUnreachable)]
    internal void Types_and_codes_have_names(int version, byte type, byte code, IcmpErrorKind kind)
    {
        var flow = version == 4 ? Flow4 : Flow6;
        var packet = IcmpPackets.Message(flow, type, code, 1300, Tcp(flow.Reversed, 77, 0));
        Assert.True(_reader.TryReadIcmp(packet, out var message));
        Assert.True(message.TryGetError(out var error));
        var mtu = kind == IcmpErrorKind.PacketTooBig ? 1300u : 0;
        Assert.Equal(new IcmpError(kind, mtu, flow, IpProtocol.Tcp, 77), error);
    }

    [Theory]
    [InlineData(4, 0, 0)]
    [InlineData(4, 4, 0)]
    [InlineData(4, 5, 0)]
    [InlineData(4, 8, 0)]
    [InlineData(4, 3, 99)]
    [InlineData(6, 1, 99)]
    [InlineData(6, 128, 0)]
    [InlineData(6, 137, 0)]
    public void Other_messages_are_no_errors(int version, byte type, byte code)
    {
        var flow = version == 4 ? Flow4 : Flow6;
        var packet = IcmpPackets.Message(flow, type, code, 0, Tcp(flow.Reversed, 77, 0));
        Assert.True(_reader.TryReadIcmp(packet, out var message));
        Assert.False(message.TryGetError(out _));
    }

    [Fact]
    public void Eight_bytes_of_transport_are_enough()
    {
        var quoted = Tcp(Flow4.Reversed, 77, 1000);
        for (var length = 0; length <= 40; length++)
        {
            var packet = IcmpPackets.Message(Flow4, 3, 3, 0, quoted.AsSpan(0, length));
            Assert.True(_reader.TryReadIcmp(packet, out var message));
            Assert.Equal(length >= 28, message.TryGetError(out _));
        }
    }

    [Fact]
    public void Quoted_checksum_does_not_matter()
    {
        var quoted = Tcp(Flow4.Reversed, 77, 10);
        quoted[8]--;
        var packet = IcmpPackets.Message(Flow4, 3, 3, 0, quoted);
        Assert.True(_reader.TryReadIcmp(packet, out var message));
        Assert.True(message.TryGetError(out _));
    }

    [Fact]
    public void Quoted_later_fragment_or_other_version_is_no_error()
    {
        var quoted = Tcp(Flow4.Reversed, 77, 10);
        BinaryPrimitives.WriteUInt16BigEndian(quoted.AsSpan(6), 10);
        Assert.True(_reader.TryReadIcmp(IcmpPackets.Message(Flow4, 3, 3, 0, quoted), out var message));
        Assert.False(message.TryGetError(out _));
        Assert.True(_reader.TryReadIcmp(IcmpPackets.Message(Flow4, 3, 3, 0, Tcp(Flow6, 1, 1)), out message));
        Assert.False(message.TryGetError(out _));
    }

    private static byte[] Tcp(FlowKey flow, uint sequence, int payload) =>
        new PlainSegment(flow, sequence, 2, 16, 3, [], new byte[payload]).ToBytes();
}
