using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace Onetun.WireGuard;

/// <summary>
/// The 32 bytes of a secret key: pinned, so that the garbage collector leaves no copy behind, until they are zeroed.
/// </summary>
internal sealed class SecretBytes : IDisposable
{
    private readonly byte[] _bytes = GC.AllocateArray<byte>(KeyText.KeySize, pinned: true);
    private bool _isDisposed;

    public SecretBytes(ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(bytes.Length, KeyText.KeySize);
        bytes.CopyTo(_bytes);
    }

    private SecretBytes()
    {
    }

    public Span<byte> Bytes
    {
        get
        {
            return _isDisposed ? throw new ObjectDisposedException(null, "The key is disposed.") : _bytes;
        }
    }

    /// <summary>Whether all bytes are zero, which wg(8) reads as "no key".</summary>
    public bool IsZero => !Bytes.ContainsAnyExcept((byte)0);

    public static bool TryParse(ReadOnlySpan<char> base64, [NotNullWhen(true)] out SecretBytes? secret)
    {
        secret = new SecretBytes();
        if (KeyText.TryDecode(base64, secret._bytes))
        {
            return true;
        }

        secret.Dispose(); // Whatever part of it was read
        secret = null;
        return false;
    }

    public static SecretBytes Generate()
    {
        var bytes = new SecretBytes();
        SystemRandom.Fill(bytes._bytes);
        return bytes;
    }

    public string ToBase64() => KeyText.Encode(Bytes);

    /// <summary>Never what it holds, so that a key cannot reach a log by accident.</summary>
    public override string ToString() => "(hidden)";

    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(_bytes);
        _isDisposed = true;
    }
}
