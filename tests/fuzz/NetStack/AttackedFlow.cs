using Onetun.NetStack;
using static Onetun.Fuzz.Breach;

namespace Onetun.Fuzz.NetStack;

/// <summary>
/// A flow as its attacker sees it, who sees every packet and reads the stack's mind; and what must hold of the connection,
/// judged only by what went over the wire.
/// </summary>
internal sealed class AttackedFlow
{
    private const int Remembered = 8;

    private readonly long[] _ends = new long[Remembered];
    private long _edge;
    private long _newEdge;
    private int _endCount;

    /// <param name="dice">Decide what its SYN says.</param>
    /// <param name="key">As the stack sees it.</param>
    public AttackedFlow(Dice dice, in FlowKey key)
    {
        Key = key;
        ToStack = new TcpHeaderTemplate(key.Reversed);
        FromStack = new TcpHeaderTemplate(key);
        Initial = dice.OneIn(2) ? uint.MaxValue - (uint)dice.Next(3000) : (uint)dice.Next64();
        Mss = dice.Pick<ushort>(0, 1, 47, 48, 100, 536, 1220, 1300, 1460, 65535);
        Scale = dice.Pick(-1, 0, 0, 1, 7, 14, 15);
        SackPermitted = !dice.OneIn(4);
        Timestamps = dice.OneIn(2);
        Stamp = dice.Edge32();
    }

    public FlowKey Key { get; }

    public TcpHeaderTemplate ToStack { get; }

    public TcpHeaderTemplate FromStack { get; }

    /// <summary>The number of the attacker's SYN.</summary>
    public uint Initial { get; set; }

    public ushort Mss { get; }

    /// <summary>-1 is not offered.</summary>
    public int Scale { get; }

    public bool SackPermitted { get; }

    public bool Timestamps { get; }

    /// <summary>The attacker's clock.</summary>
    public uint Stamp { get; set; }

    /// <summary>The stack's clock, as last heard.</summary>
    public uint Echo { get; private set; }

    /// <summary>The number of the last SYN-ACK, cookies included.</summary>
    public uint SynAck { get; private set; }

    public TcpConnection? Connection { get; private set; }

    /// <summary>The position behind all that was ever sent.</summary>
    public long Sent { get; private set; }

    /// <summary>Where a segment of the stack began or ended not long ago.</summary>
    public long SomeEnd(Dice dice) => _ends[dice.Next(Remembered)];

    /// <summary>The attacker is about to send this.</summary>
    public void Sending(uint acknowledgment, TcpFlags flags, ushort window)
    {
        var syn = flags.HasFlag(TcpFlags.Syn);
        var scaled = (long)window << (syn ? 0 : Math.Clamp(Scale, 0, TcpHeaderOptions.MaxWindowScale));
        _newEdge = syn ? window : 1 + scaled;
        if (Connection is null)
        {
            return;
        }

        // No window is offered by who acknowledges what was never sent
        var ack = Connection.Sender.Sequence.Unwrap(acknowledgment, Connection.Sender.Next);
        _edge = Math.Max(_edge, syn ? window : 0);
        if (flags.HasFlag(TcpFlags.Ack) && ack <= Sent)
        {
            _edge = Math.Max(_edge, ack + scaled);
        }
    }

    /// <summary>The stack was given something, or has done something.</summary>
    public void Check(TcpConnection? connection, int receiveBuffer)
    {
        if (connection != Connection)
        {
            Connection = connection;
            Sent = connection?.Sender.Next ?? 0; // 1 of one that a cookie remembers
            _edge = _newEdge;
        }

        if (connection is null)
        {
            return;
        }

        var sender = connection.Sender;
        var receiver = connection.Receiver;
        Require(sender.Unacknowledged >= 0 && sender.Unacknowledged <= sender.Next, "SND.UNA is not past SND.NXT");
        Require(sender.Next <= sender.Buffer.End + 2, "SND.NXT is not past the FIN");
        Require(sender.Next <= Sent, "SND.NXT is not past what was sent");
        Require(sender.Window >= 0 && sender.Pipe >= 0, "no count of the sender is negative");
        Require(!connection.IsSynchronized || sender.Unacknowledged >= 1, "no connection stands whose SYN is not acknowledged");
        Require(receiver.Next - 1 >= receiver.Buffer.End, "nothing can be read that was not received");
        Require(receiver.Edge >= receiver.Next - 1, "RCV.NXT is not past the window"); // a FIN needs no room
        Require(receiver.Buffer.Readable <= receiveBuffer + 65535L, "the receive buffer is bounded");
    }

    /// <summary>The stack sent a segment.</summary>
    public void OnSent(in TcpSegment segment)
    {
        Require(Pattern.Ours.Is(segment.Sequence, segment.Payload), "the bytes sent at a place are those written there");
        Echo = segment.Options.HasTimestamp ? segment.Options.TimestampValue : Echo;
        SynAck = segment.Has(TcpFlags.Syn) ? segment.Sequence : SynAck;
        if (segment.Has(TcpFlags.Rst) || Connection is null)
        {
            return;
        }

        var space = Connection.Sender.Sequence;
        if (segment.Has(TcpFlags.Syn) && segment.Sequence != space.Initial)
        {
            return; // a cookie, made before the connection was
        }

        var start = space.Unwrap(segment.Sequence, Connection.Sender.Next);
        Require(segment.Payload.IsEmpty || start + segment.Payload.Length <= _edge, "nothing is sent past the peer's window");
        Require(segment.Payload.Length <= SegmentSize, "no segment is longer than the peer's MSS");
        var isNew = !segment.Payload.IsEmpty && start >= Sent;
        Require(segment.Ecn == EcnField.NotEct || (segment.Ecn == EcnField.Ect0 && isNew), "only new data asks for marks");
        Require(!segment.Has(TcpFlags.Cwr) || isNew || segment.Has(TcpFlags.Syn), "only new data tells of a smaller window");
        Sent = Math.Max(Sent, start + segment.Length);
        _ends[_endCount++ % Remembered] = start + segment.Length;
    }

    // Less than 48 is an attack, not a link
    private int SegmentSize => Mss == 0 ? TcpSettings.DefaultSegmentSize(Key) : Math.Max((int)Mss, 48);
}
