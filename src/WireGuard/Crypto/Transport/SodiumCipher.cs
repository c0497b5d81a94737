using NSec.Cryptography;

namespace Onetun.WireGuard;

/// <summary>Libsodium's cipher, available everywhere. The key lies in guarded memory; importing it costs about 50 µs.</summary>
internal sealed class SodiumCipher(ReadOnlySpan<byte> key) : ITransportCipher
{
    private static readonly AeadAlgorithm Algorithm = AeadAlgorithm.ChaCha20Poly1305;
    private readonly Key _key = Key.Import(Algorithm, key, KeyBlobFormat.RawSymmetricKey);

    public void Seal(
        ReadOnlySpan<byte> nonce,
        ReadOnlySpan<byte> associatedData,
        ReadOnlySpan<byte> plaintext,
        Span<byte> sealedBytes) => Algorithm.Encrypt(_key, nonce, associatedData, plaintext, sealedBytes);

    public bool TryOpen(
        ReadOnlySpan<byte> nonce,
        ReadOnlySpan<byte> associatedData,
        ReadOnlySpan<byte> sealedBytes,
        Span<byte> plaintext) => Algorithm.Decrypt(_key, nonce, associatedData, sealedBytes, plaintext);

    public void Dispose() => _key.Dispose();
}
