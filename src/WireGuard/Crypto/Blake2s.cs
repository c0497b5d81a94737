using System.Security.Cryptography;
using Org.BouncyCastle.Crypto.Digests;

namespace Onetun.WireGuard;

/// <summary>BLAKE2s (RFC 7693): HASH without a key, MAC with one (WireGuard §5.4).</summary>
internal static class Blake2s
{
    public const int HashSize = 32;
    public const int MacSize = 16;

    /// <summary>HASH(a ‖ b).</summary>
    public static void Hash(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b, Span<byte> hash)
    {
        var digest = new Blake2sDigest(HashSize * 8);
        digest.BlockUpdate(a);
        digest.BlockUpdate(b);
        digest.DoFinal(hash);
    }

    /// <summary>
    /// Keyed BLAKE2s with a 16-byte digest. The length is a parameter of the function: the head of a longer digest is
    /// another value.
    /// </summary>
    public static void Mac(ReadOnlySpan<byte> key, ReadOnlySpan<byte> data, Span<byte> mac)
    {
        var copy = key.ToArray();
        var digest = new Blake2sDigest(copy, MacSize, null, null);
        digest.BlockUpdate(data);
        digest.DoFinal(mac);
        digest.ClearKey();
        CryptographicOperations.ZeroMemory(copy);
    }
}
