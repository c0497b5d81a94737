using System.Runtime.Versioning;
using Microsoft.Extensions.Time.Testing;
using Onetun.Tests.Support;
using PacketDotNet;
using SharpPcap;
using Xunit;

namespace Onetun.Capture.Tests;

[Collection(Alone.Name)]
public sealed class PcapWriterTests
{
    private static readonly DateTime Noon = new DateTime(2024, 11, 30, 12, 0, 0, DateTimeKind.Utc).AddTicks(1234567);

    [Fact]
    public async Task File_header_is_little_endian_microseconds_raw_ip()
    {
        var file = new MemoryStream();
        await using (new PcapWriter(file, "test"))
        {
        }

        byte[] expected =
        [
            0xD4, 0xC3, 0xB2, 0xA1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0, 0, 101, 0, 0, 0,
        ];
        Assert.Equal(expected, file.ToArray());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [UnsupportedOSPlatform("windows")]
    public async Task A_capture_is_its_owners_alone_whether_or_not_the_file_was_there(bool wasThere)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "no such modes");
        var path = Path.Combine(Directory.CreateTempSubdirectory("onetun").FullName, "wg.pcap");
        if (wasThere)
        {
            await File.WriteAllTextAsync(path, "earlier", TestContext.Current.CancellationToken);
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        }

        await using (PcapWriter.Create(path))
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        }

        Assert.Equal(24, new FileInfo(path).Length);
        Directory.Delete(Path.GetDirectoryName(path)!, recursive: true);
    }

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public async Task A_device_keeps_its_mode()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "no /dev/null");
        var before = File.GetUnixFileMode("/dev/null");
        try
        {
            await using (PcapWriter.Create("/dev/null"))
            {
                Assert.Equal(before, File.GetUnixFileMode("/dev/null"));
            }
        }
        finally
        {
            File.SetUnixFileMode("/dev/null", before);
        }
    }

    [Fact]
    public async Task Record_header_holds_seconds_microseconds_and_both_lengths()
    {
        var file = new MemoryStream();
        await using (var writer = new PcapWriter(file, "test"))
        {
            writer.OnPacket(new TappedPacket(DateTime.UnixEpoch.AddSeconds(0x01020304).AddMicroseconds(999_999), PacketDirection.Inbound, [0x45, 1]));
        }

        byte[] expected = [4, 3, 2, 1, 0x3F, 0x42, 0x0F, 0, 2, 0, 0, 0, 2, 0, 0, 0, 0x45, 1];
        Assert.Equal(expected, file.ToArray()[24..]);
    }

    [Fact]
    public async Task Both_directions_are_kept_in_order_and_read_back_by_PacketDotNet()
    {
        var file = new MemoryStream();
        await using (var writer = new PcapWriter(file, "test"))
        {
            writer.OnPacket(new TappedPacket(Noon, PacketDirection.Outbound, SamplePackets.Tcp(40000, 80, "ping")));
            writer.OnPacket(new TappedPacket(Noon.AddMilliseconds(1), PacketDirection.Inbound, SamplePackets.Udp6(53, 5353, "pong")));
        }

        var captures = PcapFile.Read(file.ToArray());
        Assert.Equal(2, captures.Count);
        var tcp = captures[0].GetPacket().Extract<TcpPacket>();
        Assert.Equal(40000, tcp.SourcePort);
        Assert.Equal("ping"u8, tcp.PayloadData);
        Assert.Equal(53, captures[1].GetPacket().Extract<UdpPacket>().SourcePort);
        Assert.Equal(Noon.Ticks / 10, captures[0].Timeval.Date.Ticks / 10);
    }

    [Fact]
    public async Task What_does_not_fit_the_buffer_is_dropped_whole_and_counted()
    {
        var file = new GatedStream();
        var writer = new PcapWriter(file, "test", new PcapOptions { BufferSize = 200 });
        var flush = writer.FlushAsync();
        await file.Entered;
        byte[] packet = [.. Enumerable.Repeat((byte)0x45, 64)];
        for (var i = 0; i < 5; i++)
        {
            writer.OnPacket(new TappedPacket(Noon, PacketDirection.Inbound, packet));
        }

        // The file header still holds 24 of the 200 bytes; each record needs 80.
        Assert.Equal(3, writer.Dropped);
        file.Open();
        await flush;
        await writer.DisposeAsync();
        Assert.Equal(2, PcapFile.Read(file.Written.ToArray()).Count);
    }

    [Fact]
    public async Task Flush_returns_with_everything_written_and_the_stream_flushed()
    {
        var file = new GatedStream();
        file.Open();
        await using var writer = new PcapWriter(file, "test");
        for (var i = 0; i < 1000; i++)
        {
            writer.OnPacket(new TappedPacket(Noon, PacketDirection.Inbound, SamplePackets.Tcp(1, 2)));
        }

        await writer.FlushAsync();
        Assert.Equal(24 + (1000 * (16 + 40)), file.FlushedLength);
    }

    [Fact]
    public async Task Records_survive_the_end_of_the_ring()
    {
        var file = new MemoryStream();
        var writer = new PcapWriter(file, "test", new PcapOptions { BufferSize = 100 });
        for (byte i = 0; i < 50; i++)
        {
            byte[] packet = [0x45, .. Enumerable.Repeat(i, i)];
            writer.OnPacket(new TappedPacket(Noon, PacketDirection.Inbound, packet));
            await writer.FlushAsync();
        }

        await writer.DisposeAsync();
        Assert.Equal(Enumerable.Range(1, 50), PcapFile.Read(file.ToArray()).Select(capture => capture.Data.Length));
    }

    [Fact]
    public async Task A_failing_file_ends_the_capture_and_nothing_else()
    {
        var file = new GatedStream { Failure = new IOException("No space left on device") };
        file.Open();
        var writer = new PcapWriter(file, "test");
        await Assert.ThrowsAsync<IOException>(writer.FlushAsync);
        await Assert.ThrowsAsync<IOException>(() => writer.Completion);
        Assert.Equal("No space left on device", writer.LastError);
        writer.OnPacket(new TappedPacket(Noon, PacketDirection.Inbound, SamplePackets.Tcp(1, 2)));
        Assert.Equal(1, writer.Dropped);
        await writer.DisposeAsync();
    }

    [Fact]
    public void A_file_that_cannot_be_created_says_so_at_once()
    {
        var path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName(), "x.pcap");
        Assert.ThrowsAny<IOException>(() => PcapWriter.Create(path));
    }

    [Fact]
    public void As_a_device_it_takes_packets_and_captures()
    {
        var file = new MemoryStream();
        var clock = new FakeTimeProvider(new DateTimeOffset(Noon));
        using (var writer = new PcapWriter(file, "test", new PcapOptions { Time = clock }))
        {
            Assert.Equal(LinkLayers.Raw, Assert.IsType<IInjectionDevice>(writer, exactMatch: false).LinkType);
            writer.SendPacket(SamplePackets.Tcp(1, 2));
            writer.Write(new RawCapture(LinkLayers.Raw, new PosixTimeval(5, 6), SamplePackets.Tcp(3, 4), 1500));
        }

        var captures = PcapFile.Read(file.ToArray());
        Assert.Equal(Noon.Ticks / 10, captures[0].Timeval.Date.Ticks / 10);
        Assert.Equal((5ul, 6ul, 1500), (captures[1].Timeval.Seconds, captures[1].Timeval.MicroSeconds, captures[1].PacketLength));
    }

    [Fact]
    public async Task Captures_of_another_link_type_are_refused()
    {
        await using var writer = new PcapWriter(new MemoryStream(), "test");
        var capture = new RawCapture(LinkLayers.Ethernet, new PosixTimeval(5, 6), new byte[60]);
        Assert.Throws<ArgumentException>(() => writer.Write(capture));
    }

    [Fact]
    public async Task Nothing_is_allocated_per_packet()
    {
        await using var writer = new PcapWriter(Stream.Null, "test");
        var packet = SamplePackets.Tcp(1, 2);
        writer.OnPacket(new TappedPacket(Noon, PacketDirection.Inbound, packet));
        Assert.Equal(0, Allocation.LeastOf(() =>
        {
            for (var i = 0; i < 100_000; i++)
            {
                writer.OnPacket(new TappedPacket(Noon, PacketDirection.Inbound, packet));
            }
        }));
    }
}
