using System.Diagnostics.CodeAnalysis;

namespace Onetun.WireGuard;

/// <summary>A static private key, clamped when it is made, as wg shows it.</summary>
public sealed class PrivateKey : IDisposable
{
    /// <summary>Bytes of a key.</summary>
    public const int Size = KeyText.KeySize;

    private readonly SecretBytes _secret;

    /// <summary>The key with these 32 bytes.</summary>
    /// <exception cref="ArgumentException">They are not 32, or all zero, which wg reads as "no key".</exception>
    public PrivateKey(ReadOnlySpan<byte> bytes)
        : this(new SecretBytes(bytes))
    {
    }

    private PrivateKey(SecretBytes bytes)
    {
        if (bytes.IsZero)
        {
            throw new ArgumentException("A private key cannot be all zero.", nameof(bytes));
        }

        _secret = bytes;
        Curve25519.Clamp(bytes.Bytes);
        PublicKey = Curve25519.PublicKeyOf(bytes.Bytes);
    }

    /// <summary>The public half.</summary>
    public PublicKey PublicKey { get; }

    /// <summary>Parses the 44 characters of wg's base64. All zero, which wg reads as "no key", is refused.</summary>
    public static bool TryParse(string? base64, [NotNullWhen(true)] out PrivateKey? key)
    {
        var isKey = SecretBytes.TryParse(base64, out var secret) && !secret.IsZero;
        key = isKey ? new PrivateKey(secret!) : null;
        return isKey;
    }

    /// <summary>A new key.</summary>
    public static PrivateKey Generate() => new(SecretBytes.Generate());

    /// <summary>wg's base64, clamped. The secret itself: never log it.</summary>
    public string ToBase64() => _secret.ToBase64();

    /// <summary>Says what it is, never what it holds.</summary>
    public override string ToString() => _secret.ToString();

    /// <summary>Zeroes the key.</summary>
    public void Dispose() => _secret.Dispose();

    internal ReadOnlySpan<byte> Bytes => _secret.Bytes;
}
