using System.Globalization;
using System.Text.Json;
using Onetun.Capture;
using SharpPcap;
using SharpPcap.LibPcap;

namespace Onetun.Interop;

/// <summary>
/// A program that consumes a live tap has the same packets, at the same times, as tshark and SharpPcap read from the files that were
/// written meanwhile. No Docker.
/// </summary>
public sealed class ReaderTests : IDisposable
{
    private const int Packets = 300;
    private static readonly DateTime Noon = new DateTime(2024, 11, 30, 12, 0, 0, DateTimeKind.Utc).AddTicks(1234567);

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("onetun-readers-");
    private readonly List<IPacketTap> _taps = [];

    public void Dispose() => _directory.Delete(recursive: true);

    [Theory]
    [InlineData(PcapFileFormat.Pcap, TapLayers.Inner)]
    [InlineData(PcapFileFormat.Pcapng, TapLayers.Inner)]
    [InlineData(PcapFileFormat.Pcapng, TapLayers.Outer)]
    [InlineData(PcapFileFormat.Pcapng, TapLayers.Inner | TapLayers.Outer)]
    public async Task Tshark_reads_what_a_consumer_of_the_live_tap_has(PcapFileFormat format, TapLayers layers)
    {
        Tool.SkipUnlessInstalled("tshark");
        var (file, live) = await CaptureAsync(format, layers);

        Assert.Equal(ToResolution(format, live), await ReadByTsharkAsync(file));
    }

    [Theory]
    [InlineData(PcapFileFormat.Pcap, TapLayers.Inner)]
    [InlineData(PcapFileFormat.Pcapng, TapLayers.Inner)]
    [InlineData(PcapFileFormat.Pcapng, TapLayers.Outer)]
    public async Task SharpPcap_reads_what_a_consumer_of_the_live_tap_has(PcapFileFormat format, TapLayers layers)
    {
        Assert.SkipWhen(Pcap.LibpcapVersion == new Version(), "libpcap is not installed");
        var (file, live) = await CaptureAsync(format, layers);

        Assert.Equal(ToResolution(format, live), ReadBySharpPcap(file));
    }

    private async Task<(string File, List<(decimal Time, int Length, string Bytes)> Live)> CaptureAsync(PcapFileFormat format, TapLayers layers)
    {
        var path = Path.Combine(_directory.FullName, "capture");
        var live = new List<(decimal Time, int Length, string Bytes)>();
        using var all = new CountdownEvent(Packets);
        using var tap = new LiveTap("test", Attach, layers: layers);
        tap.OnPacketArrival += (_, capture) =>
        {
            live.Add((capture.Header.Timeval.Value, capture.Data.Length, Convert.ToHexString(capture.Data)));
            all.Signal();
        };
        tap.Open();
        tap.StartCapture();
        await using (var writer = PcapWriter.Create(path, new PcapOptions { Format = format, Layers = layers }))
        {
            _taps.Add(writer);
            Pass(layers);
        }

        Assert.True(all.Wait(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken), $"{all.CurrentCount} packets are missing");
        Assert.Equal(0u, tap.Statistics!.DroppedPackets);
        return (path, live);
    }

    private MemoryStream Attach(IPacketTap tap)
    {
        _taps.Add(tap);
        return new MemoryStream();
    }

    private void Pass(TapLayers layers)
    {
        var random = new Random(7);
        var time = Noon;
        for (var i = 0; i < Packets; i++)
        {
            time = time.AddTicks(random.Next(1, 100_000_000));
            var isOuter = layers == TapLayers.Outer || (layers.HasFlag(TapLayers.Outer) && random.Next(2) == 0);
            var packet = new TappedPacket(time, (PacketDirection)random.Next(2), RawPackets.Any(random)) { IsOuter = isOuter };
            foreach (var tap in _taps)
            {
                tap.OnPacket(packet);
            }
        }
    }

    // A classic pcap file has microseconds
    private static List<(decimal Time, int Length, string Bytes)> ToResolution(
        PcapFileFormat format, List<(decimal Time, int Length, string Bytes)> packets) =>
        format == PcapFileFormat.Pcapng
            ? packets
            : [.. packets.Select(packet => packet with { Time = Math.Floor(packet.Time * 1_000_000) / 1_000_000 })];

    private static async Task<List<(decimal Time, int Length, string Bytes)>> ReadByTsharkAsync(string file)
    {
        var (exitCode, fields, error) = await Tool.RunAsync(
            "tshark", "-n", "-r", file, "-T", "fields", "-e", "frame.time_epoch", "-e", "frame.len");
        Assert.True(exitCode == 0, error);
        (exitCode, var raw, error) = await Tool.RunAsync("tshark", "-n", "-r", file, "-T", "jsonraw", "-j", "frame");
        Assert.True(exitCode == 0, error);
        using var frames = JsonDocument.Parse(raw);
        return [.. fields.Split('\n', StringSplitOptions.RemoveEmptyEntries).Zip(frames.RootElement.EnumerateArray(), ReadByTshark)];
    }

    private static (decimal Time, int Length, string Bytes) ReadByTshark(string fields, JsonElement frame)
    {
        var parts = fields.Split('\t');
        var bytes = frame.GetProperty("_source").GetProperty("layers").GetProperty("frame_raw")[0].GetString()!;
        return (
            decimal.Parse(parts[0], CultureInfo.InvariantCulture), int.Parse(parts[1], CultureInfo.InvariantCulture), bytes.ToUpperInvariant());
    }

    private static List<(decimal Time, int Length, string Bytes)> ReadBySharpPcap(string file)
    {
        using var reader = new CaptureFileReaderDevice(file);
        reader.Open(new DeviceConfiguration { TimestampResolution = TimestampResolution.Nanosecond });
        var packets = new List<(decimal Time, int Length, string Bytes)>();
        while (reader.GetNextPacket(out var capture) == GetPacketStatus.PacketRead)
        {
            var header = Assert.IsType<PcapHeader>(capture.Header);
            packets.Add((header.Timeval.Value, (int)header.PacketLength, Convert.ToHexString(capture.Data)));
        }

        return packets;
    }
}
