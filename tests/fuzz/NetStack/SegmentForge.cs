using Onetun.NetStack;
using Onetun.NetStack.Tests;

namespace Onetun.Fuzz.NetStack;

/// <summary>Makes what the attacker sends: well-formed always, true mostly.</summary>
internal sealed class SegmentForge
{
    private const int MaxPayload = 1400;

    private readonly byte[] _packet = new byte[2048];
    private readonly byte[] _options = new byte[TcpOptionWriter.MaxLength];
    private readonly byte[] _quoted = new byte[60];

    /// <summary>The stack's.</summary>
    public FlowSecret Secret { get; set; } = null!;

    /// <summary>A segment that means something in the state that the flow is in.</summary>
    public ReadOnlySpan<byte> Segment(Dice dice, TimeSpan now, AttackedFlow flow)
    {
        if (flow.Connection is not { State: not TcpState.Closed } connection)
        {
            return dice.OneIn(2) ? Syn(dice, flow) : Answer(dice, now, flow);
        }

        return connection.State switch
        {
            TcpState.SynSent when !dice.OneIn(4) => SynAck(dice, flow, connection),
            TcpState.TimeWait when dice.OneIn(4) => Syn(dice, flow),
            _ => Established(dice, flow, connection),
        };
    }

    /// <summary>A router has something to say about something that may be on its way.</summary>
    public ReadOnlySpan<byte> Error(Dice dice, AttackedFlow flow)
    {
        var position = flow.Connection is { } c ? c.Sender.Unacknowledged + Near(dice, c.Sender.Next - c.Sender.Unacknowledged) : 0;
        var sequence = flow.Connection?.Sender.Sequence.Wrap(position) ?? flow.SynAck;
        flow.FromStack.Write(_quoted, sequence, 0, TcpFlags.Ack, 0, [], 0, 0);
        var length = dice.OneIn(4) ? dice.Next(flow.FromStack.IpHeaderLength + 20) : flow.FromStack.IpHeaderLength + 8;
        var mtu = dice.Pick<uint>(0, 1, 40, 68, 296, 551, 552, 576, 1279, 1280, 1400, 65535, dice.Edge32());
        (var type, var code) = (flow.Key.Local.IsIPv4, dice.Next(3)) switch
        {
            (true, 0) => (IcmpType.Unreachable, (byte)dice.Next(16)),
            (true, _) => (IcmpType.Unreachable, (byte)4),
            (false, 0) => (dice.Pick(IcmpType.UnreachableV6, IcmpType.TimeExceededV6), (byte)dice.Next(8)),
            (false, _) => (IcmpType.PacketTooBigV6, (byte)0),
        };
        return IcmpPackets.Message(flow.Key, type, code, mtu, _quoted.AsSpan(0, length));
    }

    private ReadOnlySpan<byte> Syn(Dice dice, AttackedFlow flow)
    {
        flow.Initial += (uint)dice.Pick(0, 0, 1, 100_000, -1);
        var payload = dice.OneIn(6) ? dice.Length(MaxPayload) : 0;
        return Write(dice, flow, flow.Initial, 0, TcpFlags.Syn, SynOptions(dice, flow), payload);
    }

    // To a SYN-ACK with a cookie, or to one that was never sent: its number is no secret here
    private ReadOnlySpan<byte> Answer(Dice dice, TimeSpan now, AttackedFlow flow)
    {
        var initial = dice.OneIn(2) ? flow.SynAck : Secret.Initial(now, flow.Key).Sequence;
        var flags = dice.Pick(TcpFlags.Ack, TcpFlags.Ack, TcpFlags.Ack, TcpFlags.Fin | TcpFlags.Ack, TcpFlags.Rst, TcpFlags.Fin);
        return Write(
            dice, flow, flow.Initial + 1, initial + (uint)dice.Pick(0, 1, 1, 1, 1, 2), flags, Stamps(dice, flow), dice.Length(200));
    }

    private ReadOnlySpan<byte> SynAck(Dice dice, AttackedFlow flow, TcpConnection connection)
    {
        var flags = dice.OneIn(6) ? TcpFlags.Syn : TcpFlags.Syn | TcpFlags.Ack;
        var acknowledgment = connection.Sender.Sequence.Wrap(dice.OneIn(4) ? dice.Next(-2, 4) : 1);
        return Write(
            dice, flow, flow.Initial, acknowledgment, flags, SynOptions(dice, flow), dice.OneIn(6) ? dice.Length(MaxPayload) : 0);
    }

    private ReadOnlySpan<byte> Established(Dice dice, AttackedFlow flow, TcpConnection connection)
    {
        var lies = dice.OneIn(2);
        var receiver = connection.Receiver;
        var sender = connection.Sender;
        var payload = dice.OneIn(3) ? 0 : dice.Length(MaxPayload);
        var position = receiver.Next;
        var ack = sender.Next == 0 ? 1 : dice.OneIn(3) ? flow.SomeEnd(dice) : sender.Next;
        var flags = dice.OneIn(16) ? TcpFlags.Ack | TcpFlags.Fin : TcpFlags.Ack;
        if (lies && dice.OneIn(2))
        {
            position += dice.OneIn(3) ? -payload + dice.Next(-1, 2) : Near(dice, receiver.Edge - receiver.Next);
        }

        if (lies && dice.OneIn(2))
        {
            ack = sender.Unacknowledged + Near(dice, dice.OneIn(2) ? sender.Next - sender.Unacknowledged : sender.Buffer.Length);
        }

        if (lies && dice.OneIn(3))
        {
            flags = dice.Pick(
                TcpFlags.Ack | TcpFlags.Psh, TcpFlags.Ack | TcpFlags.Urg, TcpFlags.Rst, TcpFlags.Rst | TcpFlags.Ack, TcpFlags.Syn,
                TcpFlags.Syn | TcpFlags.Ack, TcpFlags.Fin, TcpFlags.None, (TcpFlags)dice.Next(256));
        }

        var options = flags.HasFlag(TcpFlags.Syn) ? SynOptions(dice, flow) : Stamps(dice, flow);
        options += flags.HasFlag(TcpFlags.Syn) ? 0 : Sacks(dice, options, sender, flow);
        return Write(dice, flow, receiver.Sequence.Wrap(position), sender.Sequence.Wrap(ack), flags, options, payload);
    }

    /// <summary>An offset at one edge or another of so many numbers.</summary>
    private static long Near(Dice dice, long length) => dice.Next(6) switch
    {
        0 => dice.Next(-2, 3),
        1 => length + dice.Next(-2, 4),
        2 => length / 2,
        3 => int.MaxValue + (long)dice.Next(-2, 4),
        4 => dice.Next(-70_000, 140_000),
        _ => (long)(length * (dice.Next(1000) / 1000.0)),
    };

    private int SynOptions(Dice dice, AttackedFlow flow) => TcpOptionWriter.WriteSyn(
        _options, flow.Mss, flow.Scale, flow.SackPermitted, flow.Timestamps, flow.Stamp, dice.OneIn(4) ? dice.Edge32() : flow.Echo);

    private int Stamps(Dice dice, AttackedFlow flow)
    {
        if (!flow.Timestamps && !dice.OneIn(16))
        {
            return 0;
        }

        flow.Stamp += (uint)dice.Next(0, 20);
        var value = dice.OneIn(12) ? flow.Stamp + dice.Edge32() : flow.Stamp;
        return TcpOptionWriter.WriteTimestamp(_options, value, dice.OneIn(6) ? dice.Edge32() : flow.Echo);
    }

    private int Sacks(Dice dice, int at, Sender sender, AttackedFlow flow)
    {
        if (dice.OneIn(2))
        {
            return 0;
        }

        Span<SackBlock> blocks = stackalloc SackBlock[dice.Next(1, at == 0 ? 5 : 4)];
        foreach (ref var block in blocks)
        {
            var left = dice.OneIn(3) ? sender.Unacknowledged + Near(dice, sender.Next - sender.Unacknowledged) : flow.SomeEnd(dice);
            var right = dice.OneIn(3) ? left + Near(dice, sender.Next - left) : flow.SomeEnd(dice);
            block = new SackBlock(sender.Sequence.Wrap(left), sender.Sequence.Wrap(right));
        }

        return TcpOptionWriter.WriteSack(_options.AsSpan(at), blocks);
    }

    private ReadOnlySpan<byte> Write(
        Dice dice, AttackedFlow flow, uint sequence, uint acknowledgment, TcpFlags flags, int options, int payload)
    {
        var window = dice.Next(4) switch
        {
            0 => (ushort)dice.Next(3000),
            1 => dice.Pick<ushort>(0, 0, 1, 65535),
            _ => (ushort)dice.Next(65_536),
        };
        var header = flow.ToStack.IpHeaderLength + SegmentReader.TcpHeaderLength + options;
        var data = _packet.AsSpan(header, payload);
        Pattern.Theirs.Fill(sequence + (flags.HasFlag(TcpFlags.Syn) ? 1u : 0), data);
        flow.Sending(acknowledgment, flags, window);
        flags |= dice.OneIn(4) ? dice.Pick(TcpFlags.Ece, TcpFlags.Cwr, TcpFlags.Ece | TcpFlags.Cwr) : TcpFlags.None;
        flow.ToStack.Write(
            _packet, sequence, acknowledgment, flags, window, _options.AsSpan(0, options), payload, Checksum.Add(data),
            dice.OneIn(4) ? (EcnField)dice.Next(4) : EcnField.NotEct);
        return _packet.AsSpan(0, header + payload);
    }
}
