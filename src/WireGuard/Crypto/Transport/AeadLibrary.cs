namespace Onetun.WireGuard;

/// <summary>The library whose ChaCha20-Poly1305 encrypts data messages. Handshakes always use libsodium's.</summary>
public enum AeadLibrary
{
    /// <summary>OpenSSL (libcrypto 3 or 1.1), on Linux, if it is installed and passes a self-test; the faster one.</summary>
    OpenSsl,

    /// <summary>Libsodium, which is always available.</summary>
    Libsodium,
}

/// <summary>Whether each library is available, and how its ciphers are made.</summary>
internal static class TransportCiphers
{
    /// <summary>The library that is used if this one is asked for: itself if it is available, otherwise libsodium.</summary>
    public static AeadLibrary Choose(AeadLibrary wished) => IsHere(wished) ? wished : AeadLibrary.Libsodium;

    /// <summary>A cipher of a library that was chosen.</summary>
    public static ITransportCipher Create(AeadLibrary library, ReadOnlySpan<byte> key) => library switch
    {
        AeadLibrary.OpenSsl => new OpenSslCipher(LibCrypto.Instance!, key),
        _ => new SodiumCipher(key),
    };

    private static bool IsHere(AeadLibrary library) => library switch
    {
        AeadLibrary.OpenSsl => LibCrypto.Instance is not null,
        AeadLibrary.Libsodium => true,
        _ => false,
    };
}
