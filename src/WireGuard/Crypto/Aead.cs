namespace Onetun.WireGuard;

/// <summary>The sizes of ChaCha20-Poly1305 (RFC 8439 §2.8), bytes.</summary>
internal static class Aead
{
    public const int KeySize = 32;
    public const int NonceSize = 12;
    public const int TagSize = 16;
}
