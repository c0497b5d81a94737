using System.Diagnostics.CodeAnalysis;

namespace Onetun.WireGuard;

/// <summary>The symmetric key of a pair of peers, mixed into their handshakes. All zero is the same as none.</summary>
public sealed class PresharedKey : IDisposable
{
    /// <summary>Bytes of a key.</summary>
    public const int Size = KeyText.KeySize;

    private readonly SecretBytes _secret;

    /// <summary>The key with these 32 bytes.</summary>
    public PresharedKey(ReadOnlySpan<byte> bytes)
        : this(new SecretBytes(bytes))
    {
    }

    private PresharedKey(SecretBytes secret) => _secret = secret;

    /// <summary>Parses the 44 characters of wg's base64.</summary>
    public static bool TryParse(string? base64, [NotNullWhen(true)] out PresharedKey? key)
    {
        key = SecretBytes.TryParse(base64, out var secret) ? new PresharedKey(secret) : null;
        return key is not null;
    }

    /// <summary>A new key.</summary>
    public static PresharedKey Generate() => new(SecretBytes.Generate());

    /// <summary>wg's base64. The secret itself: never log it.</summary>
    public string ToBase64() => _secret.ToBase64();

    /// <summary>Says what it is, never what it holds.</summary>
    public override string ToString() => _secret.ToString();

    /// <summary>Zeroes the key.</summary>
    public void Dispose() => _secret.Dispose();

    internal ReadOnlySpan<byte> Bytes => _secret.Bytes;
}
