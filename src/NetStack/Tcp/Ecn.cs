namespace Onetun.NetStack;

/// <summary>
/// ECN (RFC 3168 §6.1): routers mark instead of dropping, the receiver echoes the mark (ECE) until the sender says that it has
/// slowed down (CWR). Classic feedback, once a round trip, is all that windows need which shrink once a round trip. Here is
/// what the SYNs agree on, and what follows for each segment.
/// </summary>
/// <param name="offered">We offer it.</param>
/// <param name="heedsMarks">A mark slows us down (<see cref="ICongestionControl.HeedsMarks"/>).</param>
internal struct Ecn(bool offered, bool heedsMarks)
{
    private const TcpFlags SynSetup = TcpFlags.Ece | TcpFlags.Cwr;
    private const TcpFlags SynAckSetup = TcpFlags.Ece;

    private bool _isAgreed = offered; // no SYN of either said otherwise (§6.1.1)

    /// <summary>The peer may ask for marks, which it wants to hear of: each of us said once that it knows of ECN.</summary>
    public bool EchoesMarks { get; private set; } = offered;

    /// <summary>Who would not heed a mark asks for none, and still echoes those of the peer.</summary>
    private readonly bool AsksForMarks => _isAgreed && heedsMarks;

    /// <summary>
    /// What a SYN of ours says. Who does not answer may drop SYNs with bits they do not know: repeated, ours says nothing
    /// (§6.1.1.1), as Linux's.
    /// </summary>
    public TcpFlags OfferInSyn(bool passive, bool repeated)
    {
        _isAgreed &= passive || !repeated;
        return !_isAgreed ? TcpFlags.None : passive ? SynAckSetup : SynSetup;
    }

    /// <summary>The first SYN of the peer: without ECN in it there is none.</summary>
    public void OnSyn(in TcpSegment syn)
    {
        EchoesMarks &= IsSetup(syn);
        _isAgreed &= EchoesMarks;
    }

    /// <summary>Another SYN of the peer: without ECN, it may have been what was in the way of the first, or of our answer.</summary>
    public void OnRepeatedSyn(in TcpSegment syn) => _isAgreed &= IsSetup(syn);

    /// <summary>The field of what is sent: marks are for new data alone (§6.1.4 to §6.1.6).</summary>
    public readonly EcnField FieldOf(in Transmission next) =>
        AsksForMarks && !next.IsRetransmission && next.Length > 0 ? EcnField.Ect0 : EcnField.NotEct;

    /// <summary>Whether a segment tells of a mark on one of ours.</summary>
    public readonly bool IsTold(in TcpSegment segment) =>
        AsksForMarks && segment.Has(TcpFlags.Ece) && !segment.Has(TcpFlags.Syn);

    /// <summary>A SYN-ACK with both bits is of a host that echoes what it does not know.</summary>
    private static bool IsSetup(in TcpSegment syn) =>
        (syn.Flags & SynSetup) == (syn.Has(TcpFlags.Ack) ? SynAckSetup : SynSetup);
}
