namespace Onetun.WireGuard;

/// <summary>ChaCha20-Poly1305 (RFC 8439) under one key, by one library. For one thread at a time.</summary>
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
