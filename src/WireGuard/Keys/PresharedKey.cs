using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace Onetun.WireGuard;

/// <summary>The symmetric key of a pair of peers, mixed into their handshakes. All zero is the same as none.</summary>
public sealed class PresharedKey : IDisposable
{
    /// <summary>Bytes of a key.</summary>
    public const int Size = KeyText.KeySize;

    private readonly byte[] _bytes = GC.AllocateArray<byte>(Size, pinned: true);
    private bool _isDisposed;

    /// <summary>The key with these 32 bytes.</summary>
    public PresharedKey(ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(bytes.Length, Size);
        bytes.CopyTo(_bytes);
    }

    /// <summary>Parses the 44 characters of wg's base64.</summary>
    public static bool TryParse(string? base64, [NotNullWhen(true)] out PresharedKey? key)
    {
        Span<byte> bytes = stackalloc byte[Size];
        key = KeyText.TryDecode(base64, bytes) ? new PresharedKey(bytes) : null;
        CryptographicOperations.ZeroMemory(bytes);
        return key is not null;
    }

    /// <summary>A new key.</summary>
    public static PresharedKey Generate()
    {
        Span<byte> bytes = stackalloc byte[Size];
        SystemRandom.Fill(bytes);
        var key = new PresharedKey(bytes);
        CryptographicOperations.ZeroMemory(bytes);
        return key;
    }

    /// <summary>wg's base64. The secret itself: never log it.</summary>
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
