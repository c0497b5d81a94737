using BenchmarkDotNet.Attributes;

namespace Onetun.Benchmarks.WireGuard;

/// <summary>What a handshake costs the responder, and what a flood costs it.</summary>
[MemoryDiagnoser]
[OperationsPerSecond]
public class HandshakeBenchmarks
{
    private readonly DevicePair _pair = new();
    private readonly byte[] _noise = new byte[148];
    private byte[] _initiation = [];
    private byte[] _response = [];

    /// <summary>A peer that is in the middle of nothing.</summary>
    [IterationSetup(Target = nameof(Respond))]
    public void Initiate()
    {
        if (_response.Length > 0)
        {
            _pair.Finish(_response);
        }

        _initiation = _pair.Initiate();
    }

    /// <summary>Initiation in, response out, session derived.</summary>
    [Benchmark]
    public void Respond() => _response = _pair.Respond(_initiation);

    /// <summary>Type and length of an initiation, and nothing else right.</summary>
    [Benchmark]
    public void DropInvalidMac1()
    {
        _noise[0] = 1;
        _pair.Receive(_noise);
    }
}
