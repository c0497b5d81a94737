using NSec.Cryptography;

namespace Onetun.WireGuard;

/// <summary>Our static key pair, as the handshakes use it: a copy in guarded memory.</summary>
internal sealed class LocalIdentity : IDisposable
{
    private readonly Key _key;

    public LocalIdentity(PrivateKey privateKey)
    {
        _key = Curve25519.Import(privateKey.Bytes, KeyExportPolicies.AllowPlaintextExport);
        PublicKey = privateKey.PublicKey;
        Cookies = new CookieChecker(PublicKey);
    }

    public PublicKey PublicKey { get; }

    /// <summary>Checks handshake messages that are addressed to this key.</summary>
    public CookieChecker Cookies { get; }

    public bool TryAgree(ReadOnlySpan<byte> publicKey, Span<byte> shared) =>
        Curve25519.TryAgree(_key, publicKey, shared);

    /// <summary>Writes the 32 bytes of the private key, for <see cref="HandshakeKeys"/>.</summary>
    public void Export(Span<byte> privateKey) => _key.TryExport(KeyBlobFormat.RawPrivateKey, privateKey, out _);

    public void Dispose()
    {
        _key.Dispose();
        Cookies.Dispose();
    }
}
