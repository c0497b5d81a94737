using NSec.Cryptography;

namespace Onetun.WireGuard;

/// <summary>XChaCha20-Poly1305 with a random 24-byte nonce: cookie replies only (WireGuard §5.4.7).</summary>
internal sealed class XAead : IDisposable
{
    public const int NonceSize = 24;
    public const int TagSize = 16;

    private static readonly AeadAlgorithm Algorithm = AeadAlgorithm.XChaCha20Poly1305;
    private readonly Key _key;

    public XAead(ReadOnlySpan<byte> key)
    {
        _key = Key.Import(Algorithm, key, KeyBlobFormat.RawSymmetricKey);
    }

    public void Seal(
        ReadOnlySpan<byte> nonce,
        ReadOnlySpan<byte> associatedData,
        ReadOnlySpan<byte> plaintext,
        Span<byte> sealedBytes) =>
        Algorithm.Encrypt(_key, nonce, associatedData, plaintext, sealedBytes);

    public bool TryOpen(
        ReadOnlySpan<byte> nonce,
        ReadOnlySpan<byte> associatedData,
        ReadOnlySpan<byte> sealedBytes,
        Span<byte> plaintext) =>
        Algorithm.Decrypt(_key, nonce, associatedData, sealedBytes, plaintext);

    public void Dispose() => _key.Dispose();
}
