using Onetun.NetStack;
using static Onetun.Fuzz.Breach;

namespace Onetun.Fuzz.NetStack;

/// <summary>Every reader of packets, and the writers of answers: what one of them reads, the others do not deny.</summary>
internal sealed class WireGame : Game
{
    private readonly PacketReader _reader = new();
    private readonly byte[] _reply = new byte[2048];

    public override void Step(Dice dice)
    {
        for (var i = 0; i < 16; i++)
        {
            Read(dice, PacketForge.Damaged(dice));
        }

        var options = dice.Bytes(dice.Length(40));
        TcpHeaderOptions.TryRead(options, syn: dice.OneIn(2), out _);
        Inputs++;
    }

    private void Read(Dice dice, byte[] packet)
    {
        Inputs++;
        Story?.Add($"  {Convert.ToHexString(packet)}");
        var isIp = IpHeader.TryRead(packet, out var header);
        Require(
            !isIp || (header.PayloadOffset <= header.TotalLength && header.TotalLength <= packet.Length),
            "a header lies in its packet");
        var isOurs = isIp && (header.Destination == StackGame.Own4 || header.Destination == StackGame.Own6);
        ReadTcp(packet, isOurs);
        _reader.TryReadUdp(packet, out _);
        if (isIp)
        {
            UdpDatagram.TryRead(packet, header, out _);
        }

        if (_reader.TryReadIcmp(packet, out var message))
        {
            message.TryGetError(out _);
        }

        IpHeader.TryReadQuoted(packet, out _);
        IcmpError.TryReadQuoted(packet, IcmpErrorKind.NetworkUnreachable, 0, out _);
        if (IcmpResponder.TryEchoReply(packet, _reply, out var length) && isOurs)
        {
            Require(
                _reader.TryReadIcmp(_reply.AsSpan(0, length), out var reply) && reply.IsEchoReply,
                "the echo reply is one");
        }

        length = IcmpWriter.WriteUnreachable(_reply, packet, (IcmpErrorKind)dice.Next(8));
        Require(length == 0 || !isOurs || _reader.TryReadIcmp(_reply.AsSpan(0, length), out _), "the ICMP error written is valid");
    }

    private void ReadTcp(byte[] packet, bool isOurs)
    {
        var quick = SegmentReader.TryRead(packet, out var segment);
        var slow = _reader.TryReadTcp(packet, out var same);
        if (quick != ReadResult.Ok)
        {
            return;
        }

        Require(slow == ReadResult.Ok, "what the quick reader takes, the other takes too");
        Require(
            segment.Flow == same.Flow && segment.Sequence == same.Sequence && segment.Acknowledgment == same.Acknowledgment
                && segment.Flags == same.Flags && segment.Ecn == same.Ecn && segment.Window == same.Window
                && segment.Payload.SequenceEqual(same.Payload),
            "both readers read the same");
        var length = ResetWriter.WriteReset(_reply, segment);
        Require(length == 0 || !isOurs || SegmentReader.TryRead(_reply.AsSpan(0, length), out _) == ReadResult.Ok, "the reset written is valid");
    }
}
