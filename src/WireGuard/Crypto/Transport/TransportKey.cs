using System.Buffers.Binary;
using System.Security.Cryptography;
using NSec.Cryptography;

namespace Onetun.WireGuard;

/// <summary>
/// ChaCha20-Poly1305 (RFC 8439) under one key, with WireGuard's nonce: four zero bytes and a little-endian counter.
/// </summary>
internal sealed class Aead : IDisposable
{
    public const int KeySize = 32;
    public const int TagSize = 16;

    private const int NonceSize = 12;
    private static readonly AeadAlgorithm Algorithm = AeadAlgorithm.ChaCha20Poly1305;
    private readonly AeadPool? _pool;
    private readonly byte[] _bytes;
    private Key? _key;

    /// <summary>A key that is used and disposed within one step, or else one of the pool's.</summary>
    public Aead(ReadOnlySpan<byte> key, AeadPool? pool = null)
    {
        _pool = pool;
        _bytes = GC.AllocateUninitializedArray<byte>(KeySize, pinned: true);
        key.CopyTo(_bytes);
    }

    /// <summary>The pool's mark that the key was used again since the pool looked last.</summary>
    public bool WasUsed { get; set; }

    public bool IsLoaded => _key is not null;

    /// <summary>
    /// <paramref name="sealedBytes"/> is 16 bytes longer than <paramref name="plaintext"/>, and apart from it or at the
    /// same start.
    /// </summary>
    public void Seal(
        ulong counter, ReadOnlySpan<byte> associatedData, ReadOnlySpan<byte> plaintext, Span<byte> sealedBytes)
    {
        Span<byte> nonce = stackalloc byte[NonceSize];
        WriteNonce(nonce, counter);
        Seal(nonce, associatedData, plaintext, sealedBytes);
    }

    /// <summary>Under any nonce; apart from known answers there is none but the counter.</summary>
    public void Seal(
        ReadOnlySpan<byte> nonce,
        ReadOnlySpan<byte> associatedData,
        ReadOnlySpan<byte> plaintext,
        Span<byte> sealedBytes) =>
        Algorithm.Encrypt(Use(), nonce, associatedData, plaintext, sealedBytes);

    /// <summary>
    /// The reverse of <see cref="Seal(ulong, ReadOnlySpan{byte}, ReadOnlySpan{byte}, Span{byte})"/>. On failure what was in
    /// <paramref name="plaintext"/> is lost.
    /// </summary>
    public bool TryOpen(
        ulong counter, ReadOnlySpan<byte> associatedData, ReadOnlySpan<byte> sealedBytes, Span<byte> plaintext)
    {
        Span<byte> nonce = stackalloc byte[NonceSize];
        WriteNonce(nonce, counter);
        return TryOpen(nonce, associatedData, sealedBytes, plaintext);
    }

    /// <inheritdoc cref="Seal(ReadOnlySpan{byte}, ReadOnlySpan{byte}, ReadOnlySpan{byte}, Span{byte})"/>
    public bool TryOpen(
        ReadOnlySpan<byte> nonce,
        ReadOnlySpan<byte> associatedData,
        ReadOnlySpan<byte> sealedBytes,
        Span<byte> plaintext) =>
        Algorithm.Decrypt(Use(), nonce, associatedData, sealedBytes, plaintext);

    /// <summary>Gives the guarded memory back; the next use imports the key again.</summary>
    public void Unload()
    {
        _key?.Dispose();
        _key = null;
    }

    public void Dispose()
    {
        _pool?.Remove(this);
        Unload();
        CryptographicOperations.ZeroMemory(_bytes);
    }

    private static void WriteNonce(Span<byte> nonce, ulong counter)
    {
        nonce[..4].Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(nonce[4..], counter);
    }

    private Key Use()
    {
        WasUsed = _key is not null;
        return _key ?? Load();
    }

    private Key Load()
    {
        _pool?.Add(this);
        return _key = Key.Import(Algorithm, _bytes, KeyBlobFormat.RawSymmetricKey);
    }
}
