using NSec.Cryptography;

namespace Onetun.WireGuard;

/// <summary>XChaCha20-Poly1305 with a random 24-byte nonce: cookie replies only (WireGuard §5.4.7).</summary>
internal static class XAead
{
    public const int NonceSize = 24;
    public const int TagSize = 16;

    private static readonly AeadAlgorithm Algorithm = AeadAlgorithm.XChaCha20Poly1305;

    public static void Seal(
        ReadOnlySpan<byte> key,
        ReadOnlySpan<byte> nonce,
        ReadOnlySpan<byte> associatedData,
        ReadOnlySpan<byte> plaintext,
        Span<byte> sealedBytes)
    {
        using Key imported = Key.Import(Algorithm, key, KeyBlobFormat.RawSymmetricKey);
        Algorithm.Encrypt(imported, nonce, associatedData, plaintext, sealedBytes);
    }

    public static bool TryOpen(
        ReadOnlySpan<byte> key,
        ReadOnlySpan<byte> nonce,
        ReadOnlySpan<byte> associatedData,
        ReadOnlySpan<byte> sealedBytes,
        Span<byte> plaintext)
    {
        using Key imported = Key.Import(Algorithm, key, KeyBlobFormat.RawSymmetricKey);
        return Algorithm.Decrypt(imported, nonce, associatedData, sealedBytes, plaintext);
    }
}
