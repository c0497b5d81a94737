namespace Onetun.NetStack;

/// <summary>Our SYN and its retries, and what it agrees on with the peer's. Timestamps and ECN, which do more, are parts of their own.</summary>
/// <param name="options">What we offer.</param>
/// <param name="segmentSize">The largest payload that our path takes without options.</param>
internal struct Handshake(TcpOptions options, int segmentSize)
{
    /// <summary>The least MSS that is believed: less is an attack, not a link.</summary>
    private const int SmallestSegment = 48;

    private TimeSpan _sentAt;

    /// <summary>A SYN is to be sent: the first, or another.</summary>
    public bool IsSynDue { get; private set; } = true;

    /// <summary>How often the SYN timed out.</summary>
    public int Retries { get; private set; }

    /// <summary>RFC 7323 §2.2: both ways, or neither.</summary>
    public bool ScalesWindows { get; private set; } = options.WindowScaling;

    /// <summary>What the peer's window field counts in, bytes (RFC 7323 §2.3).</summary>
    public int WindowUnit { get; private set; } = 1;

    /// <summary>RFC 2018 §2.</summary>
    public bool SackPermitted { get; private set; } = options.SelectiveAcknowledgments;

    /// <summary>The largest payload of a segment of ours without options: what our path takes, and what the peer says.</summary>
    public int SegmentSize { get; private set; } = segmentSize;

    /// <summary>The peer missed ours, or asks for it.</summary>
    public void RequestSyn() => IsSynDue = true;

    public void OnSynSent(TimeSpan now) => (IsSynDue, _sentAt) = (false, now);

    /// <summary>One went out that nobody remembers but the cookie in it.</summary>
    public void OnCookie() => (IsSynDue, Retries) = (false, 1);

    public void OnTimeout() => (IsSynDue, Retries) = (true, Retries + 1);

    /// <summary>The peer's SYN.</summary>
    /// <param name="said">Its options.</param>
    /// <param name="unsaid">What a peer can take that does not say.</param>
    public void OnSyn(in TcpHeaderOptions said, int unsaid)
    {
        ScalesWindows &= said.WindowScale >= 0;
        WindowUnit = ScalesWindows ? 1 << said.WindowScale : 1;
        SackPermitted &= said.SackPermitted;
        SegmentSize = Math.Min(SegmentSize, said.Mss == 0 ? unsaid : Math.Max((int)said.Mss, SmallestSegment));
    }

    /// <summary>The first round trip, now that our SYN is acknowledged; null if it was sent twice (RFC 6298 §3).</summary>
    public readonly TimeSpan? RoundTrip(TimeSpan now) => Retries == 0 ? now - _sentAt : null;
}
