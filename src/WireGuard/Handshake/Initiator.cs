using System.Security.Cryptography;

namespace Onetun.WireGuard;

/// <summary>A peer's one handshake slot: the initiation that we sent and whose response we wait for.</summary>
internal sealed class Initiator
{
    private readonly SymmetricState _state = new();
    private readonly byte[] _ephemeral = GC.AllocateArray<byte>(Curve25519.KeySize, pinned: true);

    public bool IsPending { get; private set; }

    /// <summary>The private key made for it; all zero if none is under way.</summary>
    public ReadOnlySpan<byte> Ephemeral => _ephemeral;

    /// <summary>The index by which the response will name the handshake.</summary>
    public uint LocalIndex { get; private set; }

    /// <summary>
    /// Writes all of the initiation but its macs (WireGuard §5.4.2). False if the peer's key is of low order: such a peer
    /// is never spoken to.
    /// </summary>
    public bool TryBegin(
        LocalIdentity local,
        in PublicKey remote,
        ReadOnlySpan<byte> staticShared,
        in Tai64n timestamp,
        uint localIndex,
        IEnvironment environment,
        HandshakeInitiation message)
    {
        Clear();
        Span<byte> bytes = stackalloc byte[Curve25519.KeySize];
        Span<byte> key = stackalloc byte[Aead.KeySize];
        environment.Fill(_ephemeral);
        using var ephemeral = Curve25519.Import(_ephemeral);
        Curve25519.PublicKeyOf(ephemeral).CopyTo(message.Ephemeral);
        remote.CopyTo(bytes);

        message.WriteHeader(localIndex);
        _state.Initialize(remote);
        _state.MixEphemeral(message.Ephemeral);
        var isValid = Curve25519.TryAgree(ephemeral, bytes, bytes);
        if (isValid)
        {
            _state.MixKey(bytes, key);
            local.PublicKey.CopyTo(bytes);
            _state.EncryptAndHash(key, bytes, message.EncryptedStatic);
            _state.MixKey(staticShared, key);
            timestamp.Write(bytes);
            _state.EncryptAndHash(key, bytes[..Tai64n.Size], message.EncryptedTimestamp);
            IsPending = true;
            LocalIndex = localIndex;
        }
        else
        {
            Clear();
        }

        CryptographicOperations.ZeroMemory(key);
        CryptographicOperations.ZeroMemory(bytes);
        return isValid;
    }

    /// <summary>
    /// Reads the response (WireGuard §5.4.3) into transport keys and empties the slot. On failure nothing has changed: a
    /// forged response must not end a handshake.
    /// </summary>
    public bool TryFinish(
        LocalIdentity local, ReadOnlySpan<byte> presharedKey, HandshakeResponse message, Span<byte> sessionKeys)
    {
        if (!IsPending)
        {
            return false;
        }

        var state = new SymmetricState();
        Span<byte> shared = stackalloc byte[Curve25519.KeySize];
        Span<byte> key = stackalloc byte[Aead.KeySize];
        state.CopyFrom(_state);
        state.MixEphemeral(message.Ephemeral);
        using var ephemeral = Curve25519.Import(_ephemeral);
        var isValid = Curve25519.TryAgree(ephemeral, message.Ephemeral, shared);
        if (isValid)
        {
            state.MixKey(shared);
            isValid = local.TryAgree(message.Ephemeral, shared);
        }

        if (isValid)
        {
            state.MixKey(shared);
            state.MixKeyAndHash(presharedKey, key);
            isValid = state.TryDecryptAndHash(key, message.EncryptedNothing, []);
        }

        if (isValid)
        {
            state.Split(sessionKeys);
            Clear();
        }

        state.Clear();
        CryptographicOperations.ZeroMemory(key);
        CryptographicOperations.ZeroMemory(shared);
        return isValid;
    }

    public void Clear()
    {
        IsPending = false;
        CryptographicOperations.ZeroMemory(_ephemeral);
        _state.Clear();
    }
}
