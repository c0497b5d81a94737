using System.Buffers.Binary;
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
    private readonly Key _key;

    public Aead(ReadOnlySpan<byte> key)
    {
        _key = Key.Import(Algorithm, key, KeyBlobFormat.RawSymmetricKey);
    }

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
        Algorithm.Encrypt(_key, nonce, associatedData, plaintext, sealedBytes);

    /// <summary>The reverse of <see cref="Seal(ulong, ReadOnlySpan{byte}, ReadOnlySpan{byte}, Span{byte})"/>. On failure what was in <paramref name="plaintext"/> is lost.</summary>
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
        Algorithm.Decrypt(_key, nonce, associatedData, sealedBytes, plaintext);

    public void Dispose() => _key.Dispose();

    private static void WriteNonce(Span<byte> nonce, ulong counter)
    {
        nonce[..4].Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(nonce[4..], counter);
    }
}
