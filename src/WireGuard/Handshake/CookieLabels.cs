namespace Onetun.WireGuard;

/// <summary>The two keys that everybody who knows a static public key can compute (WireGuard §5.4.4, §5.4.7).</summary>
internal static class CookieLabels
{
    public static byte[] Mac1Key(in PublicKey receiver) => Derive("mac1----"u8, receiver);

    public static byte[] CookieKey(in PublicKey sender) => Derive("cookie--"u8, sender);

    private static byte[] Derive(ReadOnlySpan<byte> label, in PublicKey publicKey)
    {
        Span<byte> bytes = stackalloc byte[PublicKey.Size];
        publicKey.CopyTo(bytes);
        var key = new byte[Blake2s.HashSize];
        Blake2s.Hash(label, bytes, key);
        return key;
    }
}
