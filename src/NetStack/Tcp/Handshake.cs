namespace Onetun.NetStack;

/// <summary>
/// Our SYN, its retransmissions, and what it negotiates with the peer's. Timestamps and ECN, which do more, are parts of their
/// own.
/// </summary>
/// <param name="options">The options of the stack, which say what we offer.</param>
/// <param name="segmentSize">The largest payload that the path takes in a segment without options, in bytes.</param>
internal struct Handshake(TcpOptions options, int segmentSize)
{
    /// <summary>The smallest MSS that is believed, in bytes: less is an attack, not a link.</summary>
    private const int SmallestSegment = 48;

    private TimeSpan _sentAt;

    /// <summary>A SYN is to be sent or retransmitted.</summary>
    public bool IsSynDue { get; private set; } = true;

    /// <summary>How often the SYN timed out.</summary>
    public int Retries { get; private set; }

    /// <summary>Whether windows are scaled, which is in both directions or in neither (RFC 7323 §2.2).</summary>
    public bool ScalesWindows { get; private set; } = options.WindowScaling;

    /// <inheritdoc cref="SendWindow.Unit"/>
    public int WindowUnit { get; private set; } = 1;

    /// <summary>Whether SACK is used (RFC 2018 §2).</summary>
    public bool SackPermitted { get; private set; } = options.SelectiveAcknowledgments;

    /// <summary>
    /// The largest payload of a segment of ours without options, in bytes: what both the path and the peer accept.
    /// </summary>
    public int SegmentSize { get; private set; } = segmentSize;

    /// <summary>Our SYN is due in answer to the peer's, or was lost.</summary>
    public void RequestSyn() => IsSynDue = true;

    public void OnSynSent(TimeSpan now) => (IsSynDue, _sentAt) = (false, now);

    /// <summary>Our SYN was sent with a SYN cookie, at a time that is not known.</summary>
    public void OnCookie() => (IsSynDue, Retries) = (false, 1);

    public void OnTimeout() => (IsSynDue, Retries) = (true, Retries + 1);

    /// <summary>The peer's SYN arrived.</summary>
    /// <param name="offer">Its options.</param>
    /// <param name="defaultMss">The MSS of a peer that does not say.</param>
    public void OnSyn(in TcpHeaderOptions offer, int defaultMss)
    {
        ScalesWindows &= offer.WindowScale >= 0;
        WindowUnit = ScalesWindows ? 1 << offer.WindowScale : 1;
        SackPermitted &= offer.SackPermitted;
        SegmentSize = Math.Min(SegmentSize, offer.Mss == 0 ? defaultMss : Math.Max((int)offer.Mss, SmallestSegment));
    }

    /// <summary>The first round-trip time, when our SYN is acknowledged; null if it was retransmitted (RFC 6298 §3).</summary>
    public readonly TimeSpan? RoundTrip(TimeSpan now) => Retries == 0 ? now - _sentAt : null;
}
