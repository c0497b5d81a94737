namespace Onetun.WireGuard;

/// <summary>Makes the ciphers of one library.</summary>
internal static class TransportCiphers
{
    /// <summary>The library that is used where this one is wished for.</summary>
    public static AeadLibrary Choose(AeadLibrary wished) =>
        wished == AeadLibrary.OpenSsl && LibCrypto.Instance is not null ? AeadLibrary.OpenSsl : AeadLibrary.Libsodium;

    public static ITransportCipher Create(AeadLibrary library, ReadOnlySpan<byte> key) =>
        library == AeadLibrary.OpenSsl ? new OpenSslCipher(LibCrypto.Instance!, key) : new SodiumCipher(key);
}
