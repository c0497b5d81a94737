using System.Text;
using Microsoft.Extensions.Time.Testing;
using Onetun.Tests.Support;
using Xunit;

namespace Onetun.Capture.Tests;

/// <summary>What a pcapng file has besides packets: interfaces, directions, remarks, what was dropped, and keys.</summary>
[Collection(Alone.Name)]
public sealed class PcapngTests
{
    private static readonly DateTime Noon = new DateTime(2024, 11, 30, 12, 0, 0, DateTimeKind.Utc).AddTicks(1234567);
    private static readonly byte[] Packet = SamplePackets.Tcp(40000, 80, "ping");
    private static readonly PcapOptions Both = new()
    {
        Format = PcapFileFormat.Pcapng,
        Layers = TapLayers.Inner | TapLayers.Outer,
        Time = new FakeTimeProvider(new DateTimeOffset(Noon)),
    };

    [Fact]
    public async Task Interfaces_are_raw_ip_in_nanoseconds_and_say_what_they_are()
    {
        var file = await WriteAsync(Both with { Filter = PacketFilter.Parse("tcp"), SnapLength = 96 });
        var interfaces = file.Of(1).ToList();
        Assert.Equal(["inner", "outer"], interfaces.Select(body => Encoding.UTF8.GetString(PcapngFile.OptionsAt(body, 8)[2])));
        Assert.All(interfaces, body =>
        {
            Assert.Equal((101, 96), (BitConverter.ToUInt16(body), BitConverter.ToInt32(body, 4)));
            Assert.Equal([9], PcapngFile.OptionsAt(body, 8)[9]);
            Assert.Equal([0, .. "tcp"u8], PcapngFile.OptionsAt(body, 8)[11]);
        });
        Assert.Equal("onetun"u8, PcapngFile.OptionsAt(file.Blocks[0].Body, 16)[4]);
    }

    [Fact]
    public async Task Outer_interface_is_there_only_if_it_was_asked_for() =>
        Assert.Single((await WriteAsync(Both with { Layers = TapLayers.Inner })).Of(1));

    [Fact]
    public async Task A_capture_of_datagrams_has_one_interface_so_that_libpcap_reads_it_too()
    {
        var file = await WriteAsync(
            Both with { Layers = TapLayers.Outer },
            writer => writer.OnPacket(new TappedPacket(Noon, PacketDirection.Inbound, Packet) { IsOuter = true }),
            writer => writer.SendPacket(Packet));
        Assert.Equal("outer"u8, PcapngFile.OptionsAt(Assert.Single(file.Of(1)), 8)[2]);
        Assert.Equal([0, 0], file.Packets.Select(packet => packet.Interface));
        Assert.Equal((2ul, 0ul, 2ul), StatisticsOf(file, 0));
        Assert.Single(file.Of(5));
    }

    [Fact]
    public async Task Packet_has_its_interface_direction_time_and_remark()
    {
        var file = await WriteAsync(
            Both,
            writer => writer.OnPacket(new TappedPacket(Noon, PacketDirection.Inbound, Packet) { Comment = "dropped: no_port" }),
            writer => writer.OnPacket(new TappedPacket(Noon.AddTicks(1), PacketDirection.Outbound, Packet.AsSpan(..41)) { IsOuter = true }));
        var (inner, outer) = (file.Packets[0], file.Packets[1]);
        Assert.Equal((0, Noon, 1u, "dropped: no_port"), (inner.Interface, inner.Time, inner.Flags!.Value, inner.Comment));
        Assert.Equal((1, Noon.AddTicks(1), 2u, null), (outer.Interface, outer.Time, outer.Flags!.Value, outer.Comment));
        Assert.Equal(Packet, inner.Bytes);
        Assert.Equal(Packet[..41], outer.Bytes);
        Assert.Null(inner.DroppedBefore);
    }

    [Fact]
    public async Task A_long_remark_is_cut_and_breaks_nothing()
    {
        var remark = new string('é', 5000);
        var file = await WriteAsync(
            Both, writer => writer.OnPacket(new TappedPacket(Noon, PacketDirection.Inbound, Packet) { Comment = remark }));
        Assert.Equal(remark[..256], file.Packets[0].Comment);
    }

    [Fact]
    public async Task A_packet_is_cut_to_the_snap_length_and_says_how_long_it_was()
    {
        var file = await WriteAsync(
            Both with { SnapLength = 30 }, writer => writer.OnPacket(new TappedPacket(Noon, PacketDirection.Inbound, Packet)));
        Assert.Equal(Packet[..30], file.Packets[0].Bytes);
        Assert.Equal(Packet.Length, file.Packets[0].OriginalLength);
    }

    [Fact]
    public async Task What_found_no_room_is_noted_at_the_next_packet_and_at_the_end()
    {
        var file = new GatedStream();
        var writer = new PcapWriter(file, "test", Both with { Layers = TapLayers.Inner, BufferSize = 4096 });
        var flush = writer.FlushAsync();
        await file.Entered;
        for (var i = 0; i < 100; i++)
        {
            writer.OnPacket(new TappedPacket(Noon, PacketDirection.Inbound, Packet));
        }

        file.Open();
        await flush;
        await writer.FlushAsync();
        writer.OnPacket(new TappedPacket(Noon, PacketDirection.Inbound, Packet));
        await writer.DisposeAsync();

        var read = PcapngFile.Read(file.Written.ToArray());
        Assert.InRange(writer.Dropped, 1, 99);
        Assert.Equal((ulong)writer.Dropped, read.Packets[^1].DroppedBefore);
        Assert.All(read.Packets.SkipLast(1), packet => Assert.Null(packet.DroppedBefore));
        Assert.Equal((101ul, (ulong)writer.Dropped, 101ul), StatisticsOf(read, 0));
    }

    [Fact]
    public async Task Statistics_tell_what_passed_and_what_the_filter_let_through()
    {
        var file = await WriteAsync(
            Both with { Filter = PacketFilter.Parse("udp") },
            writer => writer.OnPacket(new TappedPacket(Noon, PacketDirection.Inbound, Packet)),
            writer => writer.OnPacket(new TappedPacket(Noon, PacketDirection.Inbound, SamplePackets.Udp6(1, 2, "a"))));
        Assert.Equal((2ul, 0ul, 1ul), StatisticsOf(file, 0));
        Assert.Equal((0ul, 0ul, 0ul), StatisticsOf(file, 1));
        Assert.Single(file.Packets);
    }

    [Fact]
    public async Task A_datagram_is_judged_by_what_it_carries_and_one_that_carries_nothing_is_kept()
    {
        var udp = SamplePackets.Udp6(1, 2, "a");
        var file = await WriteAsync(
            Both with { Filter = PacketFilter.Parse("tcp") },
            writer => writer.OnPacket(new TappedPacket(Noon, PacketDirection.Inbound, udp) { IsOuter = true, Carried = Packet }),
            writer => writer.OnPacket(new TappedPacket(Noon, PacketDirection.Inbound, Packet) { IsOuter = true, Carried = udp }),
            writer => writer.OnPacket(new TappedPacket(Noon, PacketDirection.Inbound, udp.AsSpan(..40)) { IsOuter = true }));
        Assert.Equal([udp, udp[..40]], file.Packets.Select(packet => packet.Bytes));
    }

    [Fact]
    public async Task Keys_come_before_the_packets_that_need_them_even_if_there_was_no_room_for_them()
    {
        var lines = Encoding.ASCII.GetBytes($"LOCAL_STATIC_PRIVATE_KEY = {new string('a', 1000)}\n");
        var file = new GatedStream();
        var writer = new PcapWriter(file, "test", Both with { Layers = Both.Layers | TapLayers.Keys, BufferSize = 4096 });
        var flush = writer.FlushAsync();
        await file.Entered;
        while (writer.Dropped == 0)
        {
            writer.OnPacket(new TappedPacket(Noon, PacketDirection.Inbound, Packet));
        }

        writer.OnKeys(lines);
        writer.OnPacket(new TappedPacket(Noon, PacketDirection.Inbound, [1]));
        file.Open();
        await flush;
        await writer.FlushAsync();
        writer.OnPacket(new TappedPacket(Noon, PacketDirection.Inbound, [2]));
        await writer.DisposeAsync();

        var read = PcapngFile.Read(file.Written.ToArray());
        var secrets = Assert.Single(read.Of(10));
        Assert.Equal(0x57474B4Cu, BitConverter.ToUInt32(secrets));
        Assert.Equal(lines, secrets[8..(8 + BitConverter.ToInt32(secrets, 4))]);
        Assert.DoesNotContain(read.Packets, packet => packet.Bytes is [1]);
        Assert.True(read.Blocks.FindIndex(block => block.Type == 10) < read.Blocks.FindLastIndex(block => block.Type == 6));
        Assert.Equal([2], read.Packets[^1].Bytes);
    }

    [Theory]
    [InlineData(TapLayers.Inner | TapLayers.Outer)]
    [InlineData(TapLayers.Inner | TapLayers.Keys)]
    public void A_classic_file_takes_inner_packets_alone(TapLayers layers) =>
        Assert.Throws<ArgumentException>(() => new PcapWriter(new MemoryStream(), "test", new PcapOptions { Layers = layers }));

    [Fact]
    public async Task After_as_many_packets_as_were_wanted_the_file_ends()
    {
        var stream = new MemoryStream();
        var writer = new PcapWriter(stream, "test", Both with { MaxPackets = 2 });
        for (var i = 0; i < 5; i++)
        {
            writer.OnPacket(new TappedPacket(Noon, PacketDirection.Inbound, Packet));
        }

        await writer.Completion.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        var file = PcapngFile.Read(stream.ToArray());
        Assert.Equal(2, file.Packets.Count);
        Assert.Equal(2, file.Of(5).Count());
        Assert.Equal(0, writer.Dropped);
    }

    [Fact]
    public async Task Nothing_is_allocated_per_packet()
    {
        await using var writer = new PcapWriter(Stream.Null, "test", Both);
        writer.OnPacket(new TappedPacket(Noon, PacketDirection.Inbound, Packet) { Comment = "warm" });
        Assert.Equal(0, Allocation.LeastOf(() =>
        {
            for (var i = 0; i < 100_000; i++)
            {
                writer.OnPacket(new TappedPacket(Noon, PacketDirection.Inbound, Packet) { IsOuter = (i & 1) == 0, Comment = "remark" });
            }
        }));
    }

    private static async Task<PcapngFile> WriteAsync(PcapOptions options, params Action<PcapWriter>[] steps)
    {
        var file = new MemoryStream();
        await using (var writer = new PcapWriter(file, "test", options))
        {
            Array.ForEach(steps, step => step(writer));
        }

        return PcapngFile.Read(file.ToArray());
    }

    private static (ulong Seen, ulong Dropped, ulong Accepted) StatisticsOf(PcapngFile file, int id)
    {
        var options = PcapngFile.OptionsAt(Assert.Single(file.Of(5), body => BitConverter.ToInt32(body) == id), 12);
        return (BitConverter.ToUInt64(options[4]), BitConverter.ToUInt64(options[5]), BitConverter.ToUInt64(options[6]));
    }
}
