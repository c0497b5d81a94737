namespace Onetun.WireGuard;

/// <summary>
/// ChaCha20-Poly1305 under one key, by one library. For one thread at a time. The function is all of RFC 8439's, so that the
/// published vectors, most of which have associated data, hold each library to it; that a packet has none, and a counter for
/// its nonce, is the business of <see cref="TransportKey"/> alone.
/// </summary>
internal interface ITransportCipher : IDisposable
{
    /// <summary>
    /// <paramref name="sealedBytes"/> is 16 bytes longer than <paramref name="plaintext"/>, and apart from it or at the
    /// same start.
    /// </summary>
    void Seal(
        ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> associatedData, ReadOnlySpan<byte> plaintext, Span<byte> sealedBytes);

    /// <summary>The reverse. On failure what was in <paramref name="plaintext"/> is lost.</summary>
    bool TryOpen(
        ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> associatedData, ReadOnlySpan<byte> sealedBytes, Span<byte> plaintext);
}
