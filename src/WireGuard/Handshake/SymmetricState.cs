using System.Security.Cryptography;

namespace Onetun.WireGuard;

/// <summary>
/// The chaining key and the hash of a handshake in progress (Noise §5.2). WireGuard gives every AEAD in a handshake its
/// own key and counter 0.
/// </summary>
internal sealed class SymmetricState
{
    private static readonly byte[] Construction = "Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s"u8.ToArray();
    private static readonly byte[] Identifier = "WireGuard v1 zx2c4 Jason@zx2c4.com"u8.ToArray();

    private readonly byte[] _chainingKey = GC.AllocateArray<byte>(Kdf.OutputSize, pinned: true);
    private readonly byte[] _hash = GC.AllocateArray<byte>(Blake2s.HashSize, pinned: true);

    public ReadOnlySpan<byte> ChainingKey => _chainingKey;

    public ReadOnlySpan<byte> Hash => _hash;

    /// <summary>Begins a handshake with the responder of this static key.</summary>
    public void Initialize(in PublicKey responder)
    {
        Span<byte> key = stackalloc byte[PublicKey.Size];
        responder.CopyTo(key);
        Initialize(Construction, Identifier);
        MixHash(key);
    }

    internal void Initialize(ReadOnlySpan<byte> construction, ReadOnlySpan<byte> prologue)
    {
        Blake2s.Hash(construction, [], _chainingKey);
        Blake2s.Hash(_chainingKey, prologue, _hash);
    }

    public void CopyFrom(SymmetricState other)
    {
        other._chainingKey.CopyTo(_chainingKey, 0);
        other._hash.CopyTo(_hash, 0);
    }

    /// <summary>
    /// In a handshake with a preshared key an ephemeral public key goes into the chaining key too, so that every key derived
    /// from it is randomized (Noise §9.2).
    /// </summary>
    public void MixEphemeral(ReadOnlySpan<byte> publicKey)
    {
        MixHash(publicKey);
        MixKey(publicKey);
    }

    public void MixHash(ReadOnlySpan<byte> data) => Blake2s.Hash(_hash, data, _hash);

    public void MixKey(ReadOnlySpan<byte> input) => Kdf.Derive(_chainingKey, input, _chainingKey);

    public void MixKey(ReadOnlySpan<byte> input, Span<byte> key) => Kdf.Derive(_chainingKey, input, _chainingKey, key);

    public void MixKeyAndHash(ReadOnlySpan<byte> presharedKey, Span<byte> key)
    {
        Span<byte> mixed = stackalloc byte[Kdf.OutputSize];
        Kdf.Derive(_chainingKey, presharedKey, _chainingKey, mixed, key);
        MixHash(mixed);
        CryptographicOperations.ZeroMemory(mixed);
    }

    public void EncryptAndHash(ReadOnlySpan<byte> key, ReadOnlySpan<byte> plaintext, Span<byte> sealedBytes)
    {
        HandshakeAead.Seal(key, _hash, plaintext, sealedBytes);
        MixHash(sealedBytes);
    }

    public bool TryDecryptAndHash(ReadOnlySpan<byte> key, ReadOnlySpan<byte> sealedBytes, Span<byte> plaintext)
    {
        if (!HandshakeAead.TryOpen(key, _hash, sealedBytes, plaintext))
        {
            return false;
        }

        MixHash(sealedBytes);
        return true;
    }

    /// <summary>Ends the handshake in the two transport keys, the initiator's sending key first.</summary>
    public void Split(Span<byte> keys)
    {
        Kdf.Derive(_chainingKey, [], keys[..Aead.KeySize], keys[Aead.KeySize..]);
        Clear();
    }

    public void Clear()
    {
        CryptographicOperations.ZeroMemory(_chainingKey);
        CryptographicOperations.ZeroMemory(_hash);
    }
}
