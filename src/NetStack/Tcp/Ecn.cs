namespace Onetun.NetStack;

/// <summary>
/// ECN (RFC 3168 §6.1): routers mark packets instead of dropping them, and the receiver echoes a mark (ECE) until the sender says
/// that it has reduced its window (CWR). This classic feedback, once per round trip, is all that windows need which are reduced
/// once per round trip. Here is what the SYNs negotiate, and what follows for each segment.
/// </summary>
/// <param name="offered">Whether we offer ECN.</param>
/// <param name="respondsToMarks">Whether our congestion control responds to marks.</param>
internal struct Ecn(bool offered, bool respondsToMarks)
{
    private const TcpFlags SynSetup = TcpFlags.Ece | TcpFlags.Cwr;
    private const TcpFlags SynAckSetup = TcpFlags.Ece;

    private bool _isAgreed = offered; // No SYN of either side said otherwise (§6.1.1)

    /// <summary>
    /// Both sides negotiated ECN at some time: the peer may send ECN-capable packets, and expects their marks echoed.
    /// </summary>
    public bool EchoesMarks { get; private set; } = offered;

    /// <summary>Without a response to marks, nothing is sent as ECN-capable; the peer's marks are still echoed.</summary>
    private readonly bool SendsEct => _isAgreed && respondsToMarks;

    /// <summary>
    /// The flags of our SYN. If it is not answered, the path may drop SYNs with unknown flags: a retransmitted one offers nothing
    /// (§6.1.1.1), as in Linux.
    /// </summary>
    public TcpFlags OfferInSyn(bool passive, bool repeated)
    {
        _isAgreed &= passive || !repeated;
        return !_isAgreed ? TcpFlags.None : passive ? SynAckSetup : SynSetup;
    }

    /// <summary>The peer's first SYN: without its offer there is no ECN.</summary>
    public void OnSyn(in TcpSegment syn)
    {
        EchoesMarks &= IsSetup(syn);
        _isAgreed &= EchoesMarks;
    }

    /// <summary>
    /// A retransmitted SYN of the peer: without the offer, because that or our answer may have been dropped for it.
    /// </summary>
    public void OnRepeatedSyn(in TcpSegment syn) => _isAgreed &= IsSetup(syn);

    /// <summary>The ECN field of a segment: only new data is ECN-capable (§6.1.4 to §6.1.6).</summary>
    public readonly EcnField FieldOf(in Transmission next) =>
        SendsEct && !next.IsRetransmission && next.Length > 0 ? EcnField.Ect0 : EcnField.NotEct;

    /// <summary>Whether a segment echoes a mark on one of ours.</summary>
    public readonly bool IsEcnEcho(in TcpSegment segment) =>
        SendsEct && segment.Has(TcpFlags.Ece) && !segment.Has(TcpFlags.Syn);

    /// <summary>Whether a SYN negotiates ECN. A SYN-ACK with both flags is of a host that reflects unknown ones.</summary>
    private static bool IsSetup(in TcpSegment syn) =>
        (syn.Flags & SynSetup) == (syn.Has(TcpFlags.Ack) ? SynAckSetup : SynSetup);
}
