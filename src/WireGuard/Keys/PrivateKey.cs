using System.Diagnostics.CodeAnalysis;

namespace Onetun.WireGuard;

/// <summary>A static private key of WireGuard (X25519). It is clamped when it is made, as wg(8) does.</summary>
public sealed class PrivateKey : ISpanParsable<PrivateKey>, IDisposable
{
    /// <summary>Bytes of a private key: 32.</summary>
    public const int Size = KeyText.KeySize;

    private readonly SecretBytes _secret;

    /// <summary>Copies the 32 bytes of a key.</summary>
    /// <exception cref="ArgumentException">There are not 32 bytes, or all are zero, which wg(8) reads as "no key".</exception>
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

    /// <summary>The public key that belongs to it; still there once the private key is disposed.</summary>
    public PublicKey PublicKey { get; }

    /// <summary>Parses the 44 base64 characters that wg(8) uses.</summary>
    /// <exception cref="ArgumentNullException">The text is null.</exception>
    /// <exception cref="FormatException">It is no private key: it says why, and repeats none of it.</exception>
    public static PrivateKey Parse(string s) => Parse(s, provider: null);

    /// <inheritdoc cref="Parse(string)"/>
    /// <param name="s">The text.</param>
    /// <param name="provider">Without effect.</param>
    public static PrivateKey Parse(string s, IFormatProvider? provider)
    {
        ArgumentNullException.ThrowIfNull(s);
        return Parse(s.AsSpan(), provider);
    }

    /// <summary>Parses the 44 base64 characters that wg(8) uses.</summary>
    /// <param name="s">The text.</param>
    /// <param name="provider">Without effect.</param>
    /// <exception cref="FormatException">It is no private key: it says why, and repeats none of it.</exception>
    public static PrivateKey Parse(ReadOnlySpan<char> s, IFormatProvider? provider) =>
        TryParse(s, provider, out var key) ? key : throw KeyText.Fault("private key", s);

    /// <summary>Parses the 44 base64 characters that wg(8) uses.</summary>
    /// <returns>False if it is anything else, or all zero, which wg(8) reads as "no key".</returns>
    public static bool TryParse(string? base64, [NotNullWhen(true)] out PrivateKey? key) =>
        TryParse(base64.AsSpan(), provider: null, out key);

    /// <inheritdoc cref="TryParse(string, out PrivateKey)"/>
    /// <param name="s">The text.</param>
    /// <param name="provider">Without effect.</param>
    /// <param name="result">The key.</param>
    public static bool TryParse(string? s, IFormatProvider? provider, [NotNullWhen(true)] out PrivateKey? result) =>
        TryParse(s.AsSpan(), provider, out result);

    /// <inheritdoc cref="TryParse(string, out PrivateKey)"/>
    /// <param name="s">The text.</param>
    /// <param name="provider">Without effect.</param>
    /// <param name="result">The key.</param>
    public static bool TryParse(ReadOnlySpan<char> s, IFormatProvider? provider, [NotNullWhen(true)] out PrivateKey? result)
    {
        var isKey = SecretBytes.TryParse(s, out var secret) && !secret.IsZero;
        result = isKey ? new PrivateKey(secret!) : null;
        return isKey;
    }

    /// <summary>Makes a new random key, as <c>wg genkey</c> does.</summary>
    public static PrivateKey Generate() => new(SecretBytes.Generate());

    /// <summary>The clamped key in the 44 base64 characters that wg(8) uses. This is the secret itself: never log it.</summary>
    /// <exception cref="ObjectDisposedException">The key is disposed.</exception>
    public string ToBase64() => _secret.ToBase64();

    /// <summary>Always <c>(hidden)</c>, so that the key cannot reach a log by accident.</summary>
    public override string ToString() => _secret.ToString();

    /// <summary>Zeroes the key in memory.</summary>
    public void Dispose() => _secret.Dispose();

    internal ReadOnlySpan<byte> Bytes => _secret.Bytes;
}
