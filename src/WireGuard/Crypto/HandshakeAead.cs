namespace Onetun.WireGuard;

/// <summary>
/// ChaCha20-Poly1305 (RFC 8439) in a handshake: every message has its own key, and counter 0 (WireGuard §5.4).
/// </summary>
internal static class HandshakeAead
{
    /// <summary><paramref name="sealedBytes"/> is 16 bytes longer than <paramref name="plaintext"/>.</summary>
    public static void Seal(
        ReadOnlySpan<byte> key, ReadOnlySpan<byte> associatedData, ReadOnlySpan<byte> plaintext, Span<byte> sealedBytes)
    {
        using var cipher = new SodiumCipher(key);
        cipher.Seal(stackalloc byte[Aead.NonceSize], associatedData, plaintext, sealedBytes);
    }

    /// <summary>The reverse. On failure what was in <paramref name="plaintext"/> is lost.</summary>
    public static bool TryOpen(
        ReadOnlySpan<byte> key, ReadOnlySpan<byte> associatedData, ReadOnlySpan<byte> sealedBytes, Span<byte> plaintext)
    {
        using var cipher = new SodiumCipher(key);
        return cipher.TryOpen(stackalloc byte[Aead.NonceSize], associatedData, sealedBytes, plaintext);
    }
}
