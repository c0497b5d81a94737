using Onetun.Capture;
using SharpPcap;

namespace Onetun.Tunnel.Tests;

/// <summary>What docs/library.md shows of captures, word by word.</summary>
internal static class CaptureSamples
{
    public static async Task CaptureToFileAsync(WireGuardTunnel tunnel, string path, Func<Task> work)
    {
        await using var file = PcapWriter.Create(path, new PcapOptions
        {
            Format = PcapFileFormat.Pcapng,
            Layers = TapLayers.Inner | TapLayers.Outer,             // and TapLayers.Keys, to read what datagrams carry
            Filter = PacketFilter.Parse("tcp port 80 or icmp"),     // the language of tcpdump
        });
        using (tunnel.AddTap(file))
        {
            await work();
        }

        await file.DisposeAsync();
        await file.Completion;                                      // throws if the disk was full
        Console.WriteLine($"{path}: {file.Dropped} packets found no room");
    }

    public static async Task CaptureLiveAsync(WireGuardTunnel tunnel, IInjectionDevice copy, Func<Task> work)
    {
        using var device = tunnel.CreateLiveTap();                  // an ILiveDevice
        device.OnPacketArrival += (_, capture) =>                   // on a thread of the device, which may be slow
        {
            Console.WriteLine($"{capture.Header.Timeval.Date:HH:mm:ss.ffffff} {capture.GetPacket().GetPacket()}");
            copy.SendPacket(capture.Data, capture.Header);          // a PcapWriter, a network card, another tunnel
        };
        device.OnCaptureStopped += (_, status) => Console.WriteLine($"{status} {device.LastError}");
        device.Open();
        device.Filter = "tcp port 80";
        device.StartCapture();
        await work();
        device.StopCapture();
        var counts = device.Statistics!;
        Console.WriteLine($"{counts.ReceivedPackets} packets, of which {counts.DroppedPackets} found no room");
    }
}
