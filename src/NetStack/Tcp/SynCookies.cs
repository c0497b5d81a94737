using System.Buffers.Binary;

namespace Onetun.NetStack;

/// <summary>
/// SYN cookies (RFC 4987 §3.6): a listener whose backlog of half-open connections is full answers with a sequence number that
/// encodes all there is to remember, and creates the connection when the last segment of the handshake returns it. MSS (rounded
/// down), window scale and SACK are kept; timestamps and ECN are not offered.
/// </summary>
/// <remarks>
/// The low byte of a cookie holds the options, the rest a hash of them, of the flow, the peer's sequence number and the time.
/// </remarks>
internal sealed class SynCookies(FlowSecret secret, TcpSettings settings)
{
    /// <summary>A cookie is valid for one to two of these; in Linux a slot is a minute.</summary>
    private static readonly TimeSpan Slot = TimeSpan.FromSeconds(64);

    private const int NoScale = 15;
    private const int SackBit = 0x80;

    private TimeSpan _usedUntil = TimeSpan.MinValue;

    /// <summary>The values of the MSS that can be encoded: the defaults, IPv6's minimum, tunnels, Ethernet.</summary>
    private static ReadOnlySpan<ushort> Sizes => [48, 536, 1220, 1300, 1360, 1400, 1440, 1460];

    /// <summary>Writes the SYN-ACK that answers a SYN; returns its length.</summary>
    public int WriteSynAck(TimeSpan now, Span<byte> packet, in TcpSegment syn)
    {
        _usedUntil = now + (2 * Slot);
        var scaled = syn.Options.WindowScale >= 0 && settings.Options.WindowScaling;
        Span<byte> options = stackalloc byte[TcpOptionWriter.MaxLength];
        options = options[..TcpOptionWriter.WriteSyn(
            options,
            settings.OfferedSegmentSize(now, syn.Flow),
            scaled ? settings.WindowScale : -1,
            syn.Options.SackPermitted && settings.Options.SelectiveAcknowledgments,
            timestamps: false, 0, 0)];
        var template = new TcpHeaderTemplate(syn.Flow);
        template.Write(
            packet,
            Make(now, syn),
            syn.Sequence + 1,
            TcpFlags.Syn | TcpFlags.Ack,
            settings.CreateReceiver(syn.Sequence, scaled).SynWindow(),
            options,
            0,
            0);
        return template.IpHeaderLength + SegmentReader.TcpHeaderLength + options.Length;
    }

    /// <summary>The options of the SYN, if a segment acknowledges a valid cookie.</summary>
    public bool TryRead(TimeSpan now, in TcpSegment ack, out TcpHeaderOptions options)
    {
        options = default;
        if (now >= _usedUntil)
        {
            return false; // No cookies are valid at present, so that none can be guessed
        }

        var cookie = ack.Acknowledgment - 1;
        var info = (byte)cookie;
        var slot = now.Ticks / Slot.Ticks;
        if (cookie != Cookie(ack.Flow, ack.Sequence - 1, slot, info)
            && cookie != Cookie(ack.Flow, ack.Sequence - 1, slot - 1, info))
        {
            return false;
        }

        var scale = (info >> 3) & NoScale;
        Span<byte> bytes = stackalloc byte[TcpOptionWriter.MaxLength];
        var length = TcpOptionWriter.WriteSyn(
            bytes, Sizes[info & 7], scale == NoScale ? -1 : scale, (info & SackBit) != 0, timestamps: false, 0, 0);
        return TcpHeaderOptions.TryRead(bytes[..length], syn: true, out options);
    }

    private uint Make(TimeSpan now, in TcpSegment syn)
    {
        var said = syn.Options.Mss == 0 ? TcpSettings.DefaultSegmentSize(syn.Flow) : syn.Options.Mss;
        var size = Sizes.Length - 1;
        while (size > 0 && Sizes[size] > said)
        {
            size--;
        }

        var scale = syn.Options.WindowScale >= 0 ? syn.Options.WindowScale : NoScale;
        var info = (byte)(size | (scale << 3) | (syn.Options.SackPermitted ? SackBit : 0));
        return Cookie(syn.Flow, syn.Sequence, now.Ticks / Slot.Ticks, info);
    }

    private uint Cookie(in FlowKey flow, uint peer, long slot, byte info)
    {
        Span<byte> said = stackalloc byte[13];
        BinaryPrimitives.WriteUInt32BigEndian(said, peer);
        BinaryPrimitives.WriteInt64BigEndian(said[4..], slot);
        said[12] = info;
        return (secret.Cookie(flow, said) << 8) | info;
    }
}
