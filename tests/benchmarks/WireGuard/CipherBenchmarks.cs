using BenchmarkDotNet.Attributes;
using Onetun.WireGuard;

namespace Onetun.Benchmarks.WireGuard;

/// <summary>Sealing a message, and opening it, by each of the libraries.</summary>
public class CipherBenchmarks
{
    private readonly byte[] _nonce = new byte[12];
    private byte[] _message = [];
    private byte[] _sealed = [];
    private byte[] _opened = [];
    private ITransportCipher _cipher = null!;

    /// <summary>Plaintext, bytes.</summary>
    [Params(64, 512, 1420)]
    public int Length { get; set; }

    /// <summary>By whom.</summary>
    [ParamsAllValues]
    public AeadLibrary Library { get; set; }

    /// <summary>A key.</summary>
    [GlobalSetup]
    public void Create()
    {
        _cipher = TransportCiphers.Choose(Library) == Library
            ? TransportCiphers.Create(Library, new byte[32])
            : throw new PlatformNotSupportedException($"There is no {Library} here.");
        (_message, _opened, _sealed) = (new byte[Length], new byte[Length], new byte[Length + 16]);
        Seal();
    }

    /// <summary>Zeroes the key.</summary>
    [GlobalCleanup]
    public void Dispose() => _cipher.Dispose();

    /// <summary>Encrypts.</summary>
    [Benchmark]
    public void Seal() => _cipher.Seal(_nonce, [], _message, _sealed);

    /// <summary>Decrypts.</summary>
    [Benchmark]
    public bool Open() => _cipher.TryOpen(_nonce, [], _sealed, _opened);
}
