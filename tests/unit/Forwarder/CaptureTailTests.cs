using Onetun.Capture;
using Onetun.Capture.Tests;
using Onetun.Forwarder.Control;
using Xunit;

namespace Onetun.Forwarder.Tests;

public sealed class CaptureTailTests
{
    [Theory]
    [InlineData(TapLayers.Inner, 1)]
    [InlineData(TapLayers.Inner | TapLayers.Outer, 7)]
    [InlineData(TapLayers.Inner | TapLayers.Outer, 5000)]
    public async Task What_was_lost_is_read_from_the_end_of_a_file_however_it_comes(TapLayers layers, int pieces)
    {
        var file = await CaptureAsync(layers, bufferSize: 4096);
        var lost = PcapngFile.Read(file).Of(5).Sum(body => (long)BitConverter.ToUInt64(PcapngFile.OptionsAt(body, 12)[5]));
        Assert.InRange(lost, 1, long.MaxValue);
        var tail = new CaptureTail();
        foreach (var piece in file.Chunk(Math.Max(1, file.Length / pieces)))
        {
            tail.Add(piece);
        }

        Assert.Equal(lost, tail.ReadDropped());
    }

    [Fact]
    public async Task A_file_without_statistics_or_without_losses_tells_of_none()
    {
        var file = await CaptureAsync(TapLayers.Inner, bufferSize: 1 << 20);
        for (var length = 0; length <= file.Length; length++)
        {
            var tail = new CaptureTail();
            tail.Add(file.AsSpan(0, length));
            Assert.Equal(0, tail.ReadDropped());
        }
    }

    [Fact]
    public void Rubbish_of_any_kind_does_not_throw()
    {
        var random = new Random(1);
        for (var i = 0; i < 10_000; i++)
        {
            var rubbish = new byte[random.Next(200)];
            random.NextBytes(rubbish);
            if (rubbish.Length > 90)
            {
                BitConverter.TryWriteBytes(rubbish.AsSpan(^4), 88);
                BitConverter.TryWriteBytes(rubbish.AsSpan(rubbish.Length - 88), 5);
            }

            var tail = new CaptureTail();
            tail.Add(rubbish);
            tail.ReadDropped();
        }
    }

    private static async Task<byte[]> CaptureAsync(TapLayers layers, int bufferSize)
    {
        var file = new GatedStream();
        var writer = new PcapWriter(
            file, "test", new PcapOptions { Format = PcapFileFormat.Pcapng, Layers = layers, BufferSize = bufferSize });
        var flush = writer.FlushAsync();
        await file.Entered;
        for (var i = 0; i < 100; i++)
        {
            writer.OnPacket(new TappedPacket(DateTime.UnixEpoch, PacketDirection.Inbound, new byte[60]) { IsOuter = layers.HasFlag(TapLayers.Outer) });
        }

        file.Open();
        await flush;
        await writer.DisposeAsync();
        return file.Written.ToArray();
    }
}
