using System.Security.Cryptography;
using Org.BouncyCastle.Crypto.Digests;

namespace Onetun.WireGuard;

/// <summary>KDF1, KDF2 and KDF3 (WireGuard §5.4): HKDF (RFC 5869) over HMAC-BLAKE2s with an empty info.</summary>
/// <remarks>
/// HMAC is put together here from the digest, because BouncyCastle's own takes its key as an array that it never
/// clears. Its keyed BLAKE2s is another function.
/// </remarks>
internal static class Kdf
{
    public const int OutputSize = 32;

    private const int BlockSize = 64;

    /// <summary>Derives one to three outputs: as many as are not empty. The first may be the key itself.</summary>
    public static void Derive(
        ReadOnlySpan<byte> key,
        ReadOnlySpan<byte> input,
        Span<byte> first,
        Span<byte> second = default,
        Span<byte> third = default)
    {
        var digest = new Blake2sDigest(OutputSize * 8);
        Span<byte> extracted = stackalloc byte[OutputSize];
        Hmac(digest, key, input, [], extracted);
        Hmac(digest, extracted, [], [1], first);
        if (!second.IsEmpty)
        {
            Hmac(digest, extracted, first, [2], second);
        }

        if (!third.IsEmpty)
        {
            Hmac(digest, extracted, second, [3], third);
        }

        CryptographicOperations.ZeroMemory(extracted);
    }

    /// <summary>RFC 2104 over head ‖ tail. No key here is longer than a block.</summary>
    private static void Hmac(
        Blake2sDigest digest, ReadOnlySpan<byte> key, ReadOnlySpan<byte> head, ReadOnlySpan<byte> tail, Span<byte> mac)
    {
        Span<byte> inner = stackalloc byte[OutputSize];
        Span<byte> pad = stackalloc byte[BlockSize];
        WritePad(pad, key, 0x36);
        digest.BlockUpdate(pad);
        digest.BlockUpdate(head);
        digest.BlockUpdate(tail);
        digest.DoFinal(inner);

        WritePad(pad, key, 0x5c);
        digest.BlockUpdate(pad);
        digest.BlockUpdate(inner);
        digest.DoFinal(mac);

        CryptographicOperations.ZeroMemory(pad);
        CryptographicOperations.ZeroMemory(inner);
    }

    private static void WritePad(Span<byte> pad, ReadOnlySpan<byte> key, byte value)
    {
        pad.Fill(value);
        for (var i = 0; i < key.Length; i++)
        {
            pad[i] ^= key[i];
        }
    }
}
