using System.Text.Json;
using Onetun.Capture;
using Onetun.NetStack;
using Onetun.WireGuard;

namespace Onetun.Tunnel;

/// <summary>Every reason a tunnel has to drop something, layer by layer.</summary>
internal static class Drops
{
    // What is listed is no drop, so that an outcome added later counts as one
    private static readonly DatagramOutcome[] Messages =
    [
        DatagramOutcome.Packet,
        DatagramOutcome.Keepalive,
        DatagramOutcome.HandshakeInitiation,
        DatagramOutcome.HandshakeResponse,
        DatagramOutcome.CookieReply,
        DatagramOutcome.HandshakeQueued,
    ];

    private static readonly PacketOutcome[] Packets =
    [
        PacketOutcome.Segment,
        PacketOutcome.ControlSegment,
        PacketOutcome.Echo,
        PacketOutcome.IcmpError,
        PacketOutcome.IcmpIgnored,
        PacketOutcome.Datagram,
        PacketOutcome.Fragment,
    ];

    public static IReadOnlyList<Drop> Of(
        UdpStatistics socket,
        IReadOnlyDictionary<DatagramOutcome, long> received,
        IReadOnlyDictionary<SendOutcome, long> sent,
        long stagedOverflows,
        IpStackStatistics stack) =>
    [
        In(DropLayer.Socket, "truncated", socket.Received.Truncated),
        In(DropLayer.Socket, "overflowed", socket.Received.Overflowed),
        Out(DropLayer.Socket, "congested", socket.Sent.Congested),
        Out(DropLayer.Socket, "unreachable", socket.Sent.Unreachable),
        Out(DropLayer.Socket, "too_large", socket.Sent.TooLarge),
        Out(DropLayer.Socket, "forbidden", socket.Sent.Forbidden),
        Out(DropLayer.Socket, "other", socket.Sent.OtherErrors),
        .. from outcome in received
           let reason = ReasonOf(outcome.Key)
           where reason is not null
           select In(DropLayer.WireGuard, reason, outcome.Value),
        .. from outcome in sent
           let reason = ReasonOf(outcome.Key)
           where reason is not null
           select Out(DropLayer.WireGuard, reason, outcome.Value),
        Out(DropLayer.WireGuard, "too_many_staged", stagedOverflows),
        .. from outcome in Enum.GetValues<PacketOutcome>()
           let reason = ReasonOf(outcome)
           where reason is not null
           select In(LayerOf(outcome), reason, stack.Received(outcome)),
        Out(DropLayer.Udp, "too_many_unsent", stack.DatagramsNotSent),
    ];

    private static Drop In(DropLayer layer, string reason, long count) => new(layer, PacketDirection.Inbound, reason, count);

    private static Drop Out(DropLayer layer, string reason, long count) => new(layer, PacketDirection.Outbound, reason, count);

    private static DropLayer LayerOf(PacketOutcome outcome) => outcome switch
    {
        PacketOutcome.NoConnection => DropLayer.Tcp,
        PacketOutcome.NoPort or PacketOutcome.BufferFull => DropLayer.Udp,
        _ => DropLayer.Ip,
    };

    /// <summary>Why a datagram was dropped; null if it was not.</summary>
    public static string? ReasonOf(DatagramOutcome outcome) => Messages.Contains(outcome) ? null : NameOf(outcome);

    /// <summary>Why a packet was dropped; null if it was not.</summary>
    public static string? ReasonOf(PacketOutcome outcome) => Packets.Contains(outcome) ? null : NameOf(outcome);

    /// <summary>Why a packet was not sent; null if it was, or waits.</summary>
    public static string? ReasonOf(SendOutcome outcome) =>
        outcome is SendOutcome.Sealed or SendOutcome.Staged ? null : NameOf(outcome);

    private static string NameOf<TOutcome>(TOutcome outcome)
        where TOutcome : struct, Enum => JsonNamingPolicy.SnakeCaseLower.ConvertName(outcome.ToString());
}
