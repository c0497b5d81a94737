using System.Security.Cryptography;

namespace Onetun.WireGuard;

/// <summary>
/// The responder's side of a handshake. It runs within one call from initiation to transport keys, so that nothing can
/// come between, and a device needs one.
/// </summary>
internal sealed class Responder(IEnvironment environment)
{
    private readonly SymmetricState _state = new();
    private readonly byte[] _ephemeral = GC.AllocateArray<byte>(Curve25519.KeySize, pinned: true);

    /// <summary>The private key made for the response, until <see cref="Clear"/>.</summary>
    public ReadOnlySpan<byte> Ephemeral => _ephemeral;

    /// <summary>First step: who sent the initiation? (WireGuard §5.4.2)</summary>
    public bool TryReadStatic(LocalIdentity local, HandshakeInitiation message, out PublicKey initiator)
    {
        Span<byte> bytes = stackalloc byte[Curve25519.KeySize];
        Span<byte> key = stackalloc byte[Aead.KeySize];
        _state.Initialize(local.PublicKey);
        _state.MixEphemeral(message.Ephemeral);
        var isValid = local.TryAgree(message.Ephemeral, bytes);
        if (isValid)
        {
            _state.MixKey(bytes, key);
            isValid = _state.TryDecryptAndHash(key, message.EncryptedStatic, bytes);
        }

        initiator = isValid ? new PublicKey(bytes) : default;
        CryptographicOperations.ZeroMemory(key);
        CryptographicOperations.ZeroMemory(bytes);
        return isValid;
    }

    /// <summary>Second step: only the holder of the initiator's static private key can have sealed the timestamp.</summary>
    public bool TryReadTimestamp(ReadOnlySpan<byte> staticShared, HandshakeInitiation message, out Tai64n timestamp)
    {
        Span<byte> bytes = stackalloc byte[Tai64n.Size];
        Span<byte> key = stackalloc byte[Aead.KeySize];
        _state.MixKey(staticShared, key);
        var isValid = _state.TryDecryptAndHash(key, message.EncryptedTimestamp, bytes);
        timestamp = isValid ? Tai64n.Read(bytes) : default;
        CryptographicOperations.ZeroMemory(key);
        return isValid;
    }

    /// <summary>Forgets the handshake, whether or not it came to its last step.</summary>
    public void Clear()
    {
        CryptographicOperations.ZeroMemory(_ephemeral);
        _state.Clear();
    }

    /// <summary>Last step: writes all of the response but its macs, and derives the transport keys (WireGuard §5.4.3).</summary>
    public bool TryRespond(
        in PublicKey initiator,
        ReadOnlySpan<byte> presharedKey,
        HandshakeInitiation message,
        uint localIndex,
        HandshakeResponse response,
        Span<byte> sessionKeys)
    {
        Span<byte> bytes = stackalloc byte[Curve25519.KeySize];
        Span<byte> key = stackalloc byte[Aead.KeySize];
        environment.Fill(_ephemeral);
        using var ephemeral = Curve25519.Import(_ephemeral);
        Curve25519.PublicKeyOf(ephemeral).CopyTo(response.Ephemeral);

        response.WriteHeader(localIndex, message.Sender);
        _state.MixEphemeral(response.Ephemeral);
        var isValid = Curve25519.TryAgree(ephemeral, message.Ephemeral, bytes);
        if (isValid)
        {
            _state.MixKey(bytes);
            initiator.CopyTo(bytes);
            isValid = Curve25519.TryAgree(ephemeral, bytes, bytes);
        }

        if (isValid)
        {
            _state.MixKey(bytes);
            _state.MixKeyAndHash(presharedKey, key);
            _state.EncryptAndHash(key, [], response.EncryptedNothing);
            _state.Split(sessionKeys);
        }

        CryptographicOperations.ZeroMemory(key);
        CryptographicOperations.ZeroMemory(bytes);
        return isValid;
    }
}
