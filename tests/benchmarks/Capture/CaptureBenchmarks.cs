using BenchmarkDotNet.Attributes;
using Onetun.Capture;
using SharpPcap;

namespace Onetun.Benchmarks.Capture;

/// <summary>
/// What a packet of 1,420 bytes costs the data path that a tap watches. Another thread takes the packets away, and is done with them
/// before the next measurement.
/// </summary>
[MemoryDiagnoser]
public class CaptureBenchmarks
{
    private const int Packets = 20_000;
    private const int Buffer = 128 << 20;
    private const string Filter = "tcp port 80 and host 10.0.0.1 and not port 22";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly byte[] _packet = new byte[1420];
    private readonly byte[] _datagram = new byte[1420 + 60];
    private readonly DateTime _time = DateTime.UnixEpoch.AddYears(54);
    private IPacketTap? _tap;
    private long _bytes;
    private long _shown;
    private long _consumed;

    /// <summary>Who watches.</summary>
    [ParamsAllValues]
    public Watcher Tap { get; set; }

    /// <summary>A packet of TCP, and somebody to watch it.</summary>
    [GlobalSetup]
    public void Create()
    {
        byte[] head = [0x45, 0, 0x05, 0x8C, 0, 0, 0x40, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2, 0x9C, 0x40, 0, 80];
        head.CopyTo(_packet, 0);
        _tap = Tap switch
        {
            Watcher.None => null,
            Watcher.Pcap => Write(PcapFileFormat.Pcap, TapLayers.Inner, filter: null),
            Watcher.PcapngInner => Write(PcapFileFormat.Pcapng, TapLayers.Inner, filter: null),
            Watcher.PcapngOuterFiltered => Write(PcapFileFormat.Pcapng, TapLayers.Outer, PacketFilter.Parse(Filter)),
            Watcher.LiveFull => Open(new DeviceConfiguration { BufferSize = 2 }),
            _ => Consume(Open(new DeviceConfiguration { BufferSize = Buffer, Immediate = Tap == Watcher.LiveImmediate })),
        };
    }

    /// <summary>Fails if packets were dropped that should not have been.</summary>
    [GlobalCleanup]
    public void Close()
    {
        var dropped = _tap switch
        {
            PcapWriter writer => writer.Dropped,
            LiveTap tap when Tap != Watcher.LiveFull => tap.Statistics!.DroppedPackets,
            _ => 0,
        };
        (_tap as IDisposable)?.Dispose();
        if (dropped > 0)
        {
            throw new InvalidOperationException($"{dropped} packets were dropped.");
        }
    }

    /// <summary>Lets the buffer run empty.</summary>
    [IterationSetup]
    public void Drain()
    {
        var isEmpty = _tap switch
        {
            PcapWriter writer => HasEnded(writer.FlushAsync()),
            LiveTap when Tap != Watcher.LiveFull => SpinWait.SpinUntil(() => Volatile.Read(ref _consumed) == _shown, Patience),
            _ => true,
        };
        if (!isEmpty)
        {
            throw new TimeoutException("The packets are not taken away.");
        }
    }

    /// <summary>Shows packets.</summary>
    [Benchmark(OperationsPerInvoke = Packets)]
    public void Show()
    {
        var packet = Tap == Watcher.PcapngOuterFiltered
            ? new TappedPacket(_time, PacketDirection.Inbound, _datagram) { IsOuter = true, Carried = _packet }
            : new TappedPacket(_time, PacketDirection.Inbound, _packet);
        for (var i = 0; i < Packets; i++)
        {
            _tap?.OnPacket(packet);
        }

        _shown += Packets;
    }

    private static bool HasEnded(Task task) => SpinWait.SpinUntil(() => task.IsCompleted, Patience);

    private static PcapWriter Write(PcapFileFormat format, TapLayers layers, PacketFilter? filter) => new(
        Stream.Null, "null", new PcapOptions { Format = format, Layers = layers, Filter = filter, BufferSize = Buffer });

    private static LiveTap Open(DeviceConfiguration configuration)
    {
        var tap = new LiveTap("live", _ => Stream.Null);
        tap.Open(configuration);
        return tap;
    }

    private LiveTap Consume(LiveTap tap)
    {
        tap.Filter = Tap == Watcher.LiveFiltered ? Filter : null;
        tap.OnPacketArrival += (_, capture) =>
        {
            _bytes += capture.Data.Length;
            Volatile.Write(ref _consumed, _consumed + 1);
        };
        tap.StartCapture();
        return tap;
    }
}
