using System.Diagnostics.CodeAnalysis;

namespace Onetun.WireGuard;

/// <summary>A symmetric key that two peers share, mixed into their handshakes. A key of zeros is the same as none.</summary>
public sealed class PresharedKey : ISpanParsable<PresharedKey>, IDisposable
{
    /// <summary>Bytes of a preshared key: 32.</summary>
    public const int Size = KeyText.KeySize;

    private readonly SecretBytes _secret;

    /// <summary>Copies the 32 bytes of a key.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There are not 32 bytes.</exception>
    public PresharedKey(ReadOnlySpan<byte> bytes)
        : this(new SecretBytes(bytes))
    {
    }

    private PresharedKey(SecretBytes secret) => _secret = secret;

    /// <summary>Parses the 44 base64 characters that wg(8) uses.</summary>
    /// <exception cref="ArgumentNullException">The text is null.</exception>
    /// <exception cref="FormatException">It is no preshared key: it says why, and repeats none of it.</exception>
    public static PresharedKey Parse(string s) => Parse(s, provider: null);

    /// <inheritdoc cref="Parse(string)"/>
    /// <param name="s">The text.</param>
    /// <param name="provider">Without effect.</param>
    public static PresharedKey Parse(string s, IFormatProvider? provider)
    {
        ArgumentNullException.ThrowIfNull(s);
        return Parse(s.AsSpan(), provider);
    }

    /// <summary>Parses the 44 base64 characters that wg(8) uses.</summary>
    /// <param name="s">The text.</param>
    /// <param name="provider">Without effect.</param>
    /// <exception cref="FormatException">It is no preshared key: it says why, and repeats none of it.</exception>
    public static PresharedKey Parse(ReadOnlySpan<char> s, IFormatProvider? provider) =>
        TryParse(s, provider, out var key) ? key : throw KeyText.Fault("preshared key", s);

    /// <summary>Parses the 44 base64 characters that wg(8) uses.</summary>
    /// <returns>False if it is anything else.</returns>
    public static bool TryParse(string? base64, [NotNullWhen(true)] out PresharedKey? key) =>
        TryParse(base64.AsSpan(), provider: null, out key);

    /// <inheritdoc cref="TryParse(string, out PresharedKey)"/>
    /// <param name="s">The text.</param>
    /// <param name="provider">Without effect.</param>
    /// <param name="result">The key.</param>
    public static bool TryParse(string? s, IFormatProvider? provider, [NotNullWhen(true)] out PresharedKey? result) =>
        TryParse(s.AsSpan(), provider, out result);

    /// <inheritdoc cref="TryParse(string, out PresharedKey)"/>
    /// <param name="s">The text.</param>
    /// <param name="provider">Without effect.</param>
    /// <param name="result">The key.</param>
    public static bool TryParse(ReadOnlySpan<char> s, IFormatProvider? provider, [NotNullWhen(true)] out PresharedKey? result)
    {
        result = SecretBytes.TryParse(s, out var secret) ? new PresharedKey(secret) : null;
        return result is not null;
    }

    /// <summary>Makes a new random key, as <c>wg genpsk</c> does.</summary>
    public static PresharedKey Generate() => new(SecretBytes.Generate());

    /// <summary>The 44 base64 characters that wg(8) uses. This is the secret itself: never log it.</summary>
    /// <exception cref="ObjectDisposedException">The key is disposed.</exception>
    public string ToBase64() => _secret.ToBase64();

    /// <summary>Always <c>(hidden)</c>, so that the key cannot reach a log by accident.</summary>
    public override string ToString() => _secret.ToString();

    /// <summary>Zeroes the key in memory.</summary>
    public void Dispose() => _secret.Dispose();

    internal ReadOnlySpan<byte> Bytes => _secret.Bytes;
}
