using System.Buffers.Binary;

namespace Onetun.WireGuard;

/// <summary>
/// The way of a handshake message to its peer: what is cheap to check comes first, and whoever has proved nothing gets no answer
/// but a cookie reply, which is shorter than what was sent.
/// </summary>
internal sealed class HandshakeReceiver(DeviceState device, PeerTable peers, DeviceOptions options)
{
    private readonly HandshakeQueue _queue = new(options.MaxQueuedHandshakes, options.MaxHandshakesPerSecond);
    private readonly RateLimiter _limiter = new(options.MaxRateLimitedSources);
    private readonly CookieReplies _cookieReplies = new();

    public TimeSpan NextTimeout => _queue.NextTurn;

    /// <summary>Takes an initiation or a response, of which only type and length have been checked.</summary>
    public ReceiveResult Receive(TimeSpan now, Span<byte> message, in UdpEndPoint source)
    {
        if (!device.Identity.Cookies.HasValidMac1(message))
        {
            return new ReceiveResult(DatagramOutcome.InvalidMac1);
        }

        // Responses with a guessed index are no load
        if (IsResponse(message) && FindPending(message) is null)
        {
            return new ReceiveResult(DatagramOutcome.UnknownIndex);
        }

        if (_queue.IsUnderLoad(now) && Refuse(now, message, source) is { } refusal)
        {
            return new ReceiveResult(refusal);
        }

        if (_queue.TryStart(now))
        {
            return Handle(now, message, source);
        }

        return new ReceiveResult(
            _queue.TryEnqueue(message, source) ? DatagramOutcome.HandshakeQueued : DatagramOutcome.HandshakeQueueFull);
    }

    public ReceiveResult ReceiveCookieReply(TimeSpan now, Span<byte> datagram)
    {
        // The index may already name a session: a responder's does from the start
        var message = new CookieReply(datagram);
        return device.Indices.TryFind(message.Receiver, out var entry)
            ? new ReceiveResult(entry.Peer.Handshake.ReceiveCookieReply(now, message))
            : new ReceiveResult(DatagramOutcome.UnknownIndex);
    }

    /// <summary>Handles one message that waited, if it is its turn.</summary>
    public bool TryHandleQueued(TimeSpan now, out ReceiveResult received)
    {
        var isTurn = _queue.TryDequeue(now, out var message, out var source);
        received = isTurn ? Handle(now, message, source) : default;
        return isTurn;
    }

    public void Clear() => _queue.Clear();

    public bool TryTransmitCookieReply(Span<byte> buffer, out UdpEndPoint destination) =>
        _cookieReplies.TryTake(buffer, out destination);

    /// <summary>Under load a source must prove that it receives what it is sent, and is limited in rate.</summary>
    private DatagramOutcome? Refuse(TimeSpan now, Span<byte> message, in UdpEndPoint source)
    {
        var cookies = device.Identity.Cookies;
        if (cookies.HasValidMac2(now, message, source))
        {
            return _limiter.Allows(now, source) ? null : DatagramOutcome.RateLimited;
        }

        if (_cookieReplies.TryAdd(source, out var reply))
        {
            cookies.WriteReply(now, device.Environment, message, source, reply);
        }

        return DatagramOutcome.CookieRequired;
    }

    private ReceiveResult Handle(TimeSpan now, Span<byte> message, in UdpEndPoint source)
    {
        if (IsResponse(message))
        {
            return FindPending(message) is { } responder
                ? Result(responder, responder.ReceiveResponse(now, new HandshakeResponse(message), source))
                : new ReceiveResult(DatagramOutcome.UnknownIndex);
        }

        var received = HandleInitiation(now, new HandshakeInitiation(message), source);
        device.Responder.Clear();
        return received;
    }

    private ReceiveResult HandleInitiation(TimeSpan now, HandshakeInitiation initiation, in UdpEndPoint source)
    {
        if (!device.Responder.TryReadStatic(device.Identity, initiation, out var publicKey))
        {
            return new ReceiveResult(DatagramOutcome.InvalidHandshake);
        }

        return peers.Find(publicKey) is { } peer
            ? Result(peer, peer.ReceiveInitiation(now, initiation, source))
            : new ReceiveResult(DatagramOutcome.UnknownPeer);
    }

    /// <summary>A message that failed is nobody's: its sender is not authentic.</summary>
    private static ReceiveResult Result(Peer peer, DatagramOutcome outcome) =>
        new(outcome, outcome is DatagramOutcome.HandshakeInitiation or DatagramOutcome.HandshakeResponse ? peer : null);

    /// <summary>The peer whose initiation a response answers.</summary>
    private Peer? FindPending(Span<byte> response) =>
        device.Indices.TryFind(new HandshakeResponse(response).Receiver, out var entry)
            && entry.Session is null
            ? entry.Peer
            : null;

    private static bool IsResponse(ReadOnlySpan<byte> message) =>
        BinaryPrimitives.ReadUInt32LittleEndian(message) == (uint)MessageType.HandshakeResponse;
}
