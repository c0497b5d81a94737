using Xunit;

namespace Onetun.Capture.Tests;

public sealed class PacketDescriptionTests
{
    [Fact]
    public void Tcp_shows_ends_flags_and_numbers() =>
        Assert.Equal(
            "192.168.4.3:40000 > 192.168.4.2:80 TCP [SYN] seq=7 win=512 len=0",
            PacketDescription.Describe(SamplePackets.Tcp(40000, 80, synchronize: true)));

    [Fact]
    public void Tcp_length_is_of_the_payload() =>
        Assert.Equal(
            "192.168.4.3:40000 > 192.168.4.2:80 TCP [ACK] seq=7 ack=0 win=512 len=4",
            PacketDescription.Describe(SamplePackets.Tcp(40000, 80, "ping")));

    [Fact]
    public void Udp_over_ipv6_has_brackets() =>
        Assert.Equal("[fd00::3]:53 > [fd00::2]:5353 UDP len=4", PacketDescription.Describe(SamplePackets.Udp6(53, 5353, "pong")));

    [Fact]
    public void Rubbish_of_any_length_is_described_and_never_throws()
    {
        var random = new Random(1);
        for (var length = 0; length < 200; length++)
        {
            var packet = new byte[length];
            random.NextBytes(packet);
            Assert.NotEmpty(PacketDescription.Describe(packet));
        }

        Assert.Equal("3 bytes that are not an IP packet", PacketDescription.Describe([0, 1, 2]));
    }

    [Fact]
    public async Task Log_writes_a_line_for_each_packet_with_its_direction()
    {
        var output = new StringWriter();
        await using (var log = new PacketLog(output))
        {
            log.OnPacket(new TappedPacket(DateTime.UnixEpoch, PacketDirection.Outbound, SamplePackets.Udp6(1, 2, "a")));
            log.OnPacket(new TappedPacket(DateTime.UnixEpoch, PacketDirection.Inbound, SamplePackets.Udp6(2, 1, "b")));
        }

        var lines = output.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal("00:00:00.000000 > [fd00::3]:1 > [fd00::2]:2 UDP len=1", lines[0]);
        Assert.StartsWith("00:00:00.000000 < ", lines[1]);
    }
}
