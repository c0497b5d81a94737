using BenchmarkDotNet.Attributes;
using Onetun.NetStack;

namespace Onetun.Benchmarks.NetStack;

/// <summary>A stream from one stack to another: what TCP and IP cost, without WireGuard and without the system.</summary>
[MemoryDiagnoser]
public class StreamBenchmarks
{
    private const int Segments = 1000;
    private const int SegmentSize = 1368; // of 1420: IPv4, TCP, timestamps

    private StackPair _pair = null!;
    private TcpConnection _client = null!;
    private TcpConnection _server = null!;

    /// <summary>Of the sender.</summary>
    [Params(CongestionControl.Cubic, CongestionControl.Bbr)]
    public CongestionControl Control { get; set; }

    /// <summary>A connection that has found its window.</summary>
    [GlobalSetup]
    public void Connect()
    {
        _pair = new StackPair(Control);
        (_client, _server) = _pair.Connect();
        _pair.Carry(_client, _server, 10_000_000);
    }

    /// <summary>A segment, sent, received, read, and its share of an ACK.</summary>
    [Benchmark(OperationsPerInvoke = Segments)]
    public void Segment() => _pair.Carry(_client, _server, Segments * SegmentSize);
}
