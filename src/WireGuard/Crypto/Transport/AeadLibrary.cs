namespace Onetun.WireGuard;

/// <summary>Whose ChaCha20-Poly1305 encrypts packets. All that handshakes need is libsodium's.</summary>
public enum AeadLibrary
{
    /// <summary>OpenSSL's (libcrypto 3 or 1.1), on Linux where it is installed and passes a test; the quicker one.</summary>
    OpenSsl,

    /// <summary>libsodium's, which is always there.</summary>
    Libsodium,
}
