using NSec.Cryptography;

namespace Onetun.Forwarder.Common;

/// <summary>Hashes of NSec: those of .NET are OpenSSL's on Linux, and where that is missing the runtime ends the process.</summary>
internal static class Digest
{
    public static byte[] Sha256(ReadOnlySpan<byte> data) => HashAlgorithm.Sha256.Hash(data);
}
