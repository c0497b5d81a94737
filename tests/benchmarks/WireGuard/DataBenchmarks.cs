using BenchmarkDotNet.Attributes;

namespace Onetun.Benchmarks.WireGuard;

/// <summary>Sealing a packet and opening it on the other side, all that a device does for it.</summary>
[MemoryDiagnoser]
public class DataBenchmarks
{
    private readonly DevicePair _pair = new();
    private readonly byte[] _slot = new byte[2048];

    /// <summary>Inner packet, bytes.</summary>
    [Params(40, 1420)]
    public int Length { get; set; }

    /// <summary>A session.</summary>
    [GlobalSetup]
    public void Connect() => _pair.Finish(_pair.Respond(_pair.Initiate()));

    /// <summary>Once each way through the core.</summary>
    [Benchmark]
    public void SendAndReceive()
    {
        var packet = _slot.AsSpan(16, Length);
        packet[..20].Clear();
        packet[0] = 0x45;
        packet[2] = (byte)(Length >> 8);
        packet[3] = (byte)Length;
        _pair.Receive(_slot.AsSpan(0, _pair.Send(_slot, Length)));
    }
}
