namespace Onetun.WireGuard;

/// <summary>
/// The keys of one handshake and how far they have been used. The Linux kernel and wireguard-go call it a keypair.
/// </summary>
internal sealed class Session : IDisposable
{
    public const int KeysSize = 2 * Aead.KeySize;

    private readonly TransportKey _sending;
    private readonly TransportKey _receiving;
    private readonly TimeSpan _createdAt;
    private readonly ReplayWindow _window = new();
    private bool _mayNotSend;
    private bool _hasAskedForSuccessor;

    /// <summary>Takes the initiator's sending key and behind it the responder's (WireGuard §5.4.5).</summary>
    public Session(
        Peer peer,
        TransportKeyPool pool,
        ReadOnlySpan<byte> keys,
        uint localIndex,
        uint remoteIndex,
        bool isInitiator,
        TimeSpan now)
    {
        Peer = peer;
        var initiatorSends = new TransportKey(keys[..Aead.KeySize], pool);
        var responderSends = new TransportKey(keys[Aead.KeySize..], pool);
        (_sending, _receiving) = isInitiator ? (initiatorSends, responderSends) : (responderSends, initiatorSends);
        LocalIndex = localIndex;
        RemoteIndex = remoteIndex;
        IsInitiator = isInitiator;
        _createdAt = now;
    }

    public Peer Peer { get; }

    public uint LocalIndex { get; }

    public uint RemoteIndex { get; }

    /// <summary>We began the handshake, so it is ours to begin the next (WireGuard §6.2).</summary>
    public bool IsInitiator { get; }

    /// <summary>The counter of the next packet sent.</summary>
    public ulong SendCounter { get; internal set; }

    public bool CanSend(TimeSpan now) =>
        !_mayNotSend && SendCounter < Constants.RejectAfterMessages && !IsExpired(now);

    /// <summary>Past Reject-After-Time nothing is sent on it and nothing accepted (WireGuard §6.2).</summary>
    public bool IsExpired(TimeSpan now) => Age(now) >= Constants.RejectAfterTime;

    /// <summary>A packet was sent: is it time for the next handshake?</summary>
    public bool NeedsRekeyAfterSending(TimeSpan now) =>
        SendCounter > Constants.RekeyAfterMessages || (IsInitiator && Age(now) > Constants.RekeyAfterTime);

    /// <summary>
    /// A packet was received: will the session expire before a silent peer would be noticed? It asks for its successor only once.
    /// </summary>
    public bool TryAskForSuccessor(TimeSpan now)
    {
        if (_hasAskedForSuccessor || !IsInitiator || Age(now) <= Constants.LastMinuteRekey)
        {
            return false;
        }

        _hasAskedForSuccessor = true;
        return true;
    }

    /// <summary>From now on it only receives, until it expires.</summary>
    public void StopSending() => _mayNotSend = true;

    /// <summary>Looks at the counter before the costlier check of the tag.</summary>
    public bool AcceptsCounter(ulong counter) => _window.Accepts(counter);

    /// <summary>
    /// Writes the header in front of <paramref name="length"/> plaintext bytes, encrypts them in place and puts the tag behind
    /// them.
    /// </summary>
    public void Seal(Span<byte> message, int length)
    {
        if (SendCounter == ulong.MaxValue)
        {
            throw new InvalidOperationException("A counter never wraps: a nonce used twice gives both packets away.");
        }

        var counter = SendCounter++;
        new TransportHeader(RemoteIndex, counter).Write(message);
        var sealedBytes = message.Slice(TransportHeader.Size, length + Aead.TagSize);
        _sending.Seal(counter, sealedBytes[..length], sealedBytes);
    }

    /// <summary>Decrypts in place. Only what is authentic moves the window.</summary>
    public bool TryOpen(ulong counter, Span<byte> sealedBytes) =>
        _receiving.TryOpen(counter, sealedBytes, sealedBytes[..^Aead.TagSize]) && _window.TryAccept(counter);

    public void Dispose()
    {
        _sending.Dispose();
        _receiving.Dispose();
    }

    private TimeSpan Age(TimeSpan now) => now - _createdAt;
}
