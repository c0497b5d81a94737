namespace Onetun.WireGuard;

/// <summary>Whose ChaCha20-Poly1305 encrypts packets. All that handshakes need is libsodium's.</summary>
public enum AeadLibrary
{
    /// <summary>OpenSSL's (libcrypto 3 or 1.1), on Linux where it is installed and passes a test; the quicker one.</summary>
    OpenSsl,

    /// <summary>libsodium's, which is always there.</summary>
    Libsodium,
}

/// <summary>Where each library is to be had, and how its ciphers are made.</summary>
internal static class TransportCiphers
{
    /// <summary>The library that is used where this one is wished for: itself if it is here, else libsodium.</summary>
    public static AeadLibrary Choose(AeadLibrary wished) => IsHere(wished) ? wished : AeadLibrary.Libsodium;

    /// <summary>By a library that was chosen.</summary>
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
