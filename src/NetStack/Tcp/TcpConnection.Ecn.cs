namespace Onetun.NetStack;

/// <summary>
/// ECN (RFC 3168 §6.1): routers mark instead of dropping, the receiver echoes the mark (ECE) until the sender says that it has
/// slowed down (CWR). Classic feedback, once a round trip, is all that windows need which shrink once a round trip.
/// </summary>
internal sealed partial class TcpConnection
{
    private const TcpFlags SynSetup = TcpFlags.Ece | TcpFlags.Cwr;
    private const TcpFlags SynAckSetup = TcpFlags.Ece;

    private bool _echoesMarks; // the peer may ask for marks: each of us said once that it knows of ECN
    private bool _mayAskForMarks; // and no SYN of either said otherwise (RFC 3168 §6.1.1)

    /// <summary>
    /// What a SYN of ours says. Who does not answer may drop SYNs with bits they do not know: repeated, ours says nothing
    /// (§6.1.1.1), as Linux's.
    /// </summary>
    private TcpFlags SynEcn(bool passive)
    {
        _mayAskForMarks &= passive || _synRetries == 0;
        return !_mayAskForMarks ? TcpFlags.None : passive ? SynAckSetup : SynSetup;
    }

    /// <summary>The first SYN of the peer: without ECN in it there is none.</summary>
    private void TakeSynEcn(in TcpSegment syn)
    {
        _echoesMarks &= IsSetup(syn);
        _mayAskForMarks &= _echoesMarks;
    }

    /// <summary>Another SYN of the peer: without ECN, it may have been what was in the way of the first, or of our answer.</summary>
    private void TakeRepeatedSynEcn(in TcpSegment syn) => _mayAskForMarks &= IsSetup(syn);

    /// <summary>A SYN-ACK with both bits is of a host that echoes what it does not know.</summary>
    private static bool IsSetup(in TcpSegment syn) =>
        (syn.Flags & SynSetup) == (syn.Has(TcpFlags.Ack) ? SynAckSetup : SynSetup);

    /// <summary>
    /// The field of what is sent, and its word of a smaller window: both are for new data alone (§6.1.4 to §6.1.6). Who would not
    /// heed a mark asks for none, and still echoes those of the peer.
    /// </summary>
    private EcnField DataEcn(in Transmission next, ref TcpFlags flags)
    {
        if (!_mayAskForMarks || !Sender.Congestion.HeedsMarks || next.Again >= 0 || next.Length == 0)
        {
            return EcnField.NotEct;
        }

        flags |= Sender.TakeReduction() ? TcpFlags.Cwr : TcpFlags.None;
        return EcnField.Ect0;
    }

    /// <summary>Whether an acceptable ACK tells of a mark; one that was overtaken tells of an old one.</summary>
    private bool TellsOfMark(in TcpSegment segment, long ack) =>
        _mayAskForMarks && Sender.Congestion.HeedsMarks
        && segment.Has(TcpFlags.Ece) && !segment.Has(TcpFlags.Syn) && ack >= Sender.Unacknowledged;

    /// <summary>What data within the window, or a FIN, says; nothing else is heard (§6.1.4, §6.1.5).</summary>
    private void TakeMark(in TcpSegment segment)
    {
        if (_echoesMarks)
        {
            Receiver.TakeMark(segment.Ecn == EcnField.Ce, segment.Has(TcpFlags.Cwr));
        }
    }
}
