namespace Onetun.WireGuard;

/// <summary>
/// ChaCha20-Poly1305 with one key, by one library. For one thread at a time. It takes everything that RFC 8439 allows, so that
/// the published vectors, most of which have associated data, can test each library; that a data message has none, and a counter
/// as its nonce, concerns <see cref="TransportKey"/> alone.
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
