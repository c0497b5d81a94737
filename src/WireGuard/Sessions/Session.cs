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

    /// <summary>From when on nothing is sent on it: from the start if that was stopped.</summary>
    public TimeSpan SendsUntil => _mayNotSend ? _createdAt : _createdAt + Constants.RejectAfterTime;

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

    /// <summary>What opens a packet that has come, or why it need not be: its counter is looked at before the costlier tag.</summary>
    public Arrival Find(TimeSpan now, ulong counter) =>
        IsExpired(now) ? new Arrival(this, DatagramOutcome.SessionExpired)
        : !_window.Accepts(counter) ? new Arrival(this, DatagramOutcome.ReplayedPacket)
        : new Arrival(this, _receiving.Use(), counter);

    /// <summary>Writes the header of the next packet, which takes its counter, and gives what is to seal it.</summary>
    public ITransportCipher Begin(Span<byte> message, out ulong counter)
    {
        if (SendCounter == ulong.MaxValue)
        {
            throw new InvalidOperationException("A counter never wraps: a nonce used twice gives both packets away.");
        }

        counter = SendCounter++;
        new TransportHeader(RemoteIndex, counter).Write(message);
        return _sending.Use();
    }

    /// <summary>Only what is authentic moves the window. False if it has come before, or is too old.</summary>
    public bool TryAccept(ulong counter) => _window.TryAccept(counter);

    public void Dispose()
    {
        _sending.Dispose();
        _receiving.Dispose();
    }

    private TimeSpan Age(TimeSpan now) => now - _createdAt;
}
