namespace Onetun.WireGuard;

/// <summary>
/// Our secrets of one handshake. Whoever has them, and has recorded its messages, reads the session that comes of it; and whoever
/// has the static key can pass for us.
/// </summary>
public readonly ref struct HandshakeKeys
{
    internal HandshakeKeys(
        ReadOnlySpan<byte> localStatic, PublicKey remoteStatic, ReadOnlySpan<byte> localEphemeral, ReadOnlySpan<byte> preshared)
    {
        LocalStatic = localStatic;
        RemoteStatic = remoteStatic;
        LocalEphemeral = localEphemeral;
        Preshared = preshared;
    }

    /// <summary>The 32 bytes of our static private key.</summary>
    public ReadOnlySpan<byte> LocalStatic { get; }

    /// <summary>The peer's static public key.</summary>
    public PublicKey RemoteStatic { get; }

    /// <summary>The 32 bytes of the private key that we made for this handshake.</summary>
    public ReadOnlySpan<byte> LocalEphemeral { get; }

    /// <summary>The 32 bytes of the preshared key; all zero if there is none.</summary>
    public ReadOnlySpan<byte> Preshared { get; }
}

/// <summary>Is shown the keys of a handshake, which it must neither keep nor show to anybody who is not to read all traffic.</summary>
/// <param name="keys">Good during the call.</param>
public delegate void HandshakeKeysHandler(in HandshakeKeys keys);
