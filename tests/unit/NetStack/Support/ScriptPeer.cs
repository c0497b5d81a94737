using System.Text;

namespace Onetun.NetStack.Tests;

/// <summary>
/// The far end of a script: turns lines into packets and packets into lines. Its own numbers begin shortly before the
/// wrap of the sequence space, so that every script crosses it.
/// </summary>
internal sealed class ScriptPeer(FlowKey flow)
{
    private const uint Initial = uint.MaxValue - 500;

    private readonly TcpHeaderTemplate _template = new(flow);
    private uint _stackInitial;
    private uint _stackStamp;
    private int _scale;
    private int _stackScale;
    private int _window = 65535;

    /// <summary>The byte at a place in either stream; place 1 is the first one.</summary>
    public static byte Pattern(long place) => (byte)((place * 31) ^ (place >> 8));

    public byte[] Write(ScriptSegment segment)
    {
        var syn = segment.Flags.HasFlag(TcpFlags.Syn);
        Span<byte> options = stackalloc byte[TcpOptionWriter.MaxLength];
        options = options[..WriteOptions(segment, options, syn)];
        _scale = syn ? segment.WindowScale ?? 0 : _scale;
        _window = segment.Window ?? _window;
        var header = _template.IpHeaderLength + 20 + options.Length;
        var packet = new byte[header + segment.PayloadLength];
        for (var i = 0; i < segment.PayloadLength; i++)
        {
            packet[header + i] = Pattern(segment.Start + (syn ? 1 : 0) + i);
        }

        _template.Write(
            packet,
            Initial + (uint)segment.Start,
            segment.Acknowledgment is { } ack ? _stackInitial + (uint)ack : 0,
            segment.Flags,
            (ushort)(syn ? _window : _window >> _scale),
            options,
            segment.PayloadLength,
            Checksum.Add(packet.AsSpan(header)),
            segment.Ecn);
        return packet;
    }

    /// <summary>The head of the stack's segment at a place, as an ICMP error has it.</summary>
    public byte[] Quote(int start)
    {
        var template = new TcpHeaderTemplate(flow.Reversed);
        var packet = new byte[template.IpHeaderLength + 20];
        template.Write(packet, _stackInitial + (uint)start, 0, TcpFlags.Ack, 0, [], 0, 0);
        return packet;
    }

    /// <summary>Compares a packet of the stack with a line; null if they agree.</summary>
    public string? Compare(ScriptSegment expected, ReadOnlySpan<byte> packet)
    {
        var actual = Read(packet);
        var syn = expected.Flags.HasFlag(TcpFlags.Syn);
        if (syn && actual.Has(TcpFlags.Syn))
        {
            _stackInitial = actual.Sequence;
            _stackScale = Math.Max(0, (int)actual.Options.WindowScale);
            _stackStamp = actual.Options.TimestampValue;
        }

        // Whether PSH is set is compared only where it is said
        var ignored = expected.Flags & TcpFlags.Psh ^ TcpFlags.Psh;
        var same = (actual.Flags & ~ignored) == expected.Flags
            && actual.Ecn == expected.Ecn
            && actual.Sequence == _stackInitial + (uint)expected.Start
            && actual.Payload.Length == expected.PayloadLength
            && Said(expected.Acknowledgment, (int)(actual.Acknowledgment - Initial))
            && Said(expected.Window, syn ? actual.Window : actual.Window << _stackScale)
            && HasOptions(expected, actual.Options);
        if (!same)
        {
            return $"sent instead: {Describe(packet)}";
        }

        for (var i = 0; i < actual.Payload.Length; i++)
        {
            if (actual.Payload[i] != Pattern(expected.Start + i))
            {
                return $"byte {expected.Start + i} of the stream is wrong";
            }
        }

        return null;
    }

    public string Describe(ReadOnlySpan<byte> packet)
    {
        var segment = Read(packet);
        var start = (int)(segment.Sequence - _stackInitial);
        var text = new StringBuilder(segment.Flags.ToString().ToUpperInvariant().Replace(", ", "+"));
        text.Append(' ').Append(start);
        if (segment.Payload.Length > 0)
        {
            text.Append("..").Append(start + segment.Payload.Length);
        }

        if (segment.Has(TcpFlags.Ack))
        {
            text.Append(" ack ").Append((int)(segment.Acknowledgment - Initial));
        }

        text.Append(" win ").Append(segment.Has(TcpFlags.Syn) ? segment.Window : segment.Window << _stackScale);
        if (segment.Has(TcpFlags.Syn))
        {
            text.Append(" mss ").Append(segment.Options.Mss).Append(" wscale ").Append(segment.Options.WindowScale);
            text.Append(segment.Options.SackPermitted ? " sackok" : "");
        }

        text.Append(segment.Ecn == EcnField.NotEct ? "" : $" {segment.Ecn}");
        foreach ((var left, var right) in Sacks(segment.Options))
        {
            text.Append(" sack ").Append(left).Append("..").Append(right);
        }

        return segment.Options.HasTimestamp
            ? text.Append(" ts ").Append(segment.Options.TimestampValue - _stackStamp).Append(" ecr ").Append(segment.Options.TimestampEcho).ToString()
            : text.ToString();
    }

    private bool HasOptions(ScriptSegment expected, in TcpHeaderOptions actual) =>
        Said(expected.Mss, actual.Mss)
        && Said(expected.WindowScale, actual.WindowScale)
        && (!expected.SackPermitted || actual.SackPermitted)
        && (expected.Timestamp is null || actual.TimestampValue - _stackStamp == expected.Timestamp)
        && (expected.Echo is null || actual.TimestampEcho == expected.Echo)
        && (expected.Sacks is null || expected.Sacks.SequenceEqual(Sacks(actual)));

    private static TcpSegment Read(ReadOnlySpan<byte> packet)
    {
        Assert.Equal(ReadResult.Ok, SegmentReader.TryRead(packet, out var segment));
        return segment;
    }

    private static bool Said(int? expected, int actual) => expected is null || expected == actual;

    private static List<(int Left, int Right)> Sacks(TcpHeaderOptions options)
    {
        List<(int, int)> blocks = [];
        for (var i = 0; i < options.SackCount; i++)
        {
            blocks.Add(((int)(options.GetSack(i).Left - Initial), (int)(options.GetSack(i).Right - Initial)));
        }

        return blocks;
    }

    private int WriteOptions(ScriptSegment segment, Span<byte> options, bool syn)
    {
        var echo = segment.Echo is { } milliseconds ? _stackStamp + milliseconds : 0;
        if (syn && segment.Mss is { } mss)
        {
            return TcpOptionWriter.WriteSyn(
                options, (ushort)mss, segment.WindowScale ?? -1, segment.SackPermitted,
                segment.Timestamp is not null, segment.Timestamp ?? 0, echo);
        }

        var length = segment.Timestamp is { } stamp ? TcpOptionWriter.WriteTimestamp(options, stamp, echo) : 0;
        SackBlock[] blocks = [.. (segment.Sacks ?? []).Select(
            sack => new SackBlock(_stackInitial + (uint)sack.Left, _stackInitial + (uint)sack.Right))];
        return length + TcpOptionWriter.WriteSack(options[length..], blocks);
    }
}
