using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace Onetun.WireGuard;

/// <summary>A static private key, clamped when it is made, as wg shows it.</summary>
public sealed class PrivateKey : IDisposable
{
    /// <summary>Bytes of a key.</summary>
    public const int Size = KeyText.KeySize;

    private readonly byte[] _bytes = GC.AllocateArray<byte>(Size, pinned: true);
    private bool _isDisposed;

    /// <summary>The key with these 32 bytes.</summary>
    /// <exception cref="ArgumentException">They are not 32, or all zero, which wg reads as "no key".</exception>
    public PrivateKey(ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(bytes.Length, Size);
        if (!bytes.ContainsAnyExcept((byte)0))
        {
            throw new ArgumentException("A private key cannot be all zero.", nameof(bytes));
        }

        bytes.CopyTo(_bytes);
        Curve25519.Clamp(_bytes);
        PublicKey = Curve25519.PublicKeyOf(_bytes);
    }

    /// <summary>The public half.</summary>
    public PublicKey PublicKey { get; }

    /// <summary>Parses the 44 characters of wg's base64. All zero, which wg reads as "no key", is refused.</summary>
    public static bool TryParse(string? base64, [NotNullWhen(true)] out PrivateKey? key)
    {
        Span<byte> bytes = stackalloc byte[Size];
        bool isKey = KeyText.TryDecode(base64, bytes) && bytes.ContainsAnyExcept((byte)0);
        key = isKey ? new PrivateKey(bytes) : null;
        CryptographicOperations.ZeroMemory(bytes);
        return isKey;
    }

    /// <summary>A new key.</summary>
    public static PrivateKey Generate()
    {
        Span<byte> bytes = stackalloc byte[Size];
        SystemRandom.Fill(bytes);
        var key = new PrivateKey(bytes);
        CryptographicOperations.ZeroMemory(bytes);
        return key;
    }

    /// <summary>wg's base64, clamped. The secret itself: never log it.</summary>
    public string ToBase64() => KeyText.Encode(Bytes);

    /// <summary>Says what it is, never what it holds.</summary>
    public override string ToString() => "(hidden)";

    /// <summary>Zeroes the key.</summary>
    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(_bytes);
        _isDisposed = true;
    }

    internal ReadOnlySpan<byte> Bytes
    {
        get
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            return _bytes;
        }
    }
}
