using NSec.Cryptography;
using Point = NSec.Cryptography.PublicKey;

namespace Onetun.WireGuard;

/// <summary>X25519 (RFC 7748) as WireGuard uses it: raw bytes in and out, and an all-zero result is a failure.</summary>
internal static class Curve25519
{
    public const int KeySize = 32;

    private static readonly KeyAgreementAlgorithm X25519 = KeyAgreementAlgorithm.X25519;

    public static void Clamp(Span<byte> privateKey)
    {
        privateKey[0] &= 248;
        privateKey[31] = (byte)((privateKey[31] & 127) | 64);
    }

    /// <summary>
    /// Keeps the key in guarded memory, which costs about 50 µs: import once, and dispose as soon as it is no longer needed.
    /// </summary>
    public static Key Import(ReadOnlySpan<byte> privateKey, KeyExportPolicies exportPolicy = KeyExportPolicies.None) =>
        Key.Import(X25519, privateKey, KeyBlobFormat.RawPrivateKey, new KeyCreationParameters { ExportPolicy = exportPolicy });

    public static PublicKey PublicKeyOf(Key privateKey)
    {
        Span<byte> bytes = stackalloc byte[KeySize];
        privateKey.PublicKey.TryExport(KeyBlobFormat.RawPublicKey, bytes, out _);
        return new PublicKey(bytes);
    }

    public static PublicKey PublicKeyOf(ReadOnlySpan<byte> privateKey)
    {
        using var key = Import(privateKey);
        return PublicKeyOf(key);
    }

    /// <summary>False, with nothing written, if the shared secret is all zero: the public key is of low order.</summary>
    public static bool TryAgree(Key privateKey, ReadOnlySpan<byte> publicKey, Span<byte> shared)
    {
        var exportable = new SharedSecretCreationParameters { ExportPolicy = KeyExportPolicies.AllowPlaintextArchiving };
        var point = Point.Import(X25519, publicKey, KeyBlobFormat.RawPublicKey);
        using var secret = X25519.Agree(privateKey, point, in exportable);
        return secret is not null && secret.TryExport(SharedSecretBlobFormat.RawSharedSecret, shared, out _);
    }
}
