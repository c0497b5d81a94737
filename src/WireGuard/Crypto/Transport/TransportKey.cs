using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Onetun.WireGuard;

/// <summary>
/// The key of one direction of a session, with WireGuard's nonce: four zero bytes and a little-endian counter (§5.4.6).
/// </summary>
internal sealed class TransportKey : IDisposable
{
    private readonly TransportKeyPool _pool;
    private readonly byte[] _bytes;
    private ITransportCipher? _cipher;

    public TransportKey(ReadOnlySpan<byte> key, TransportKeyPool pool)
    {
        _pool = pool;
        _bytes = GC.AllocateUninitializedArray<byte>(Aead.KeySize, pinned: true);
        key.CopyTo(_bytes);
    }

    /// <summary>The pool's mark: whether the key was used again since the pool last looked.</summary>
    public bool WasUsed { get; set; }

    public bool IsLoaded => _cipher is not null;

    /// <summary>
    /// <paramref name="sealedBytes"/> is 16 bytes longer than <paramref name="plaintext"/>, and apart from it or at the
    /// same start.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The cipher's key has been disposed, or unloaded.</exception>
    public static void Seal(ITransportCipher cipher, ulong counter, ReadOnlySpan<byte> plaintext, Span<byte> sealedBytes)
    {
        Span<byte> nonce = stackalloc byte[Aead.NonceSize];
        WriteNonce(nonce, counter);
        cipher.Seal(nonce, [], plaintext, sealedBytes);
    }

    /// <summary>The cipher, set up in its library.</summary>
    public ITransportCipher Use()
    {
        WasUsed = _cipher is not null;
        return _cipher ?? Load();
    }

    /// <summary>The reverse. On failure what was in <paramref name="plaintext"/> is lost.</summary>
    /// <exception cref="ObjectDisposedException">The cipher's key has been disposed, or unloaded.</exception>
    public static bool TryOpen(ITransportCipher cipher, ulong counter, ReadOnlySpan<byte> sealedBytes, Span<byte> plaintext)
    {
        Span<byte> nonce = stackalloc byte[Aead.NonceSize];
        WriteNonce(nonce, counter);
        return cipher.TryOpen(nonce, [], sealedBytes, plaintext);
    }

    /// <summary>Gives the cipher's memory back; the next use sets one up again.</summary>
    public void Unload()
    {
        _cipher?.Dispose();
        _cipher = null;
    }

    public void Dispose()
    {
        _pool.Remove(this);
        Unload();
        CryptographicOperations.ZeroMemory(_bytes);
    }

    private static void WriteNonce(Span<byte> nonce, ulong counter)
    {
        nonce[..4].Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(nonce[4..], counter);
    }

    private ITransportCipher Load()
    {
        _pool.Add(this);
        return _cipher = TransportCiphers.Create(_pool.Library, _bytes);
    }
}
