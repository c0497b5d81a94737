using System.Buffers.Binary;
using System.Globalization;
using Onetun.NetStack;
using Onetun.WireGuard;

namespace Onetun.Tunnel;

/// <summary>What a capture says of a packet: of handshakes, of a peer that is somewhere else now, and why one was dropped.</summary>
internal static class Remarks
{
    /// <summary>On a message that is about to leave; null if there is nothing to say.</summary>
    public static string? OnLeaving(TimeSpan now, in Departure departure, ReadOnlySpan<byte> message) =>
        (BinaryPrimitives.ReadUInt32LittleEndian(message), departure.Peer) switch
        {
            (1, { } peer) => $"handshake initiation to {Name(peer)}{Attempts(now, peer)}",
            (2, { } peer) => $"handshake response to {Name(peer)}",
            (3, _) => "cookie reply, for there are too many handshakes",
            _ => null,
        };

    /// <summary>On a datagram that has come, and on where its peer was before; null if there is nothing to say.</summary>
    public static string? OnReceived(TimeSpan now, in ReceiveResult received, in UdpEndPoint source, UdpEndPoint? before)
    {
        var remark = (received.Outcome, received.Peer) switch
        {
            (DatagramOutcome.HandshakeInitiation, { } peer) => $"handshake initiation from {Name(peer)}",
            (DatagramOutcome.HandshakeResponse, { } peer) => $"handshake with {Name(peer)} complete{RoundTrip(now, peer)}",
            _ => Drops.ReasonOf(received.Outcome) is { } reason ? $"dropped: {reason}" : null,
        };
        var move = received.Peer is { } moved && before is { } old ? $"{Name(moved)} roamed from {old} to {source}" : null;
        return remark is null || move is null ? remark ?? move : $"{remark}; {move}";
    }

    /// <summary>On a packet that the stack has been given; null if it took it.</summary>
    public static string? OnPacket(PacketOutcome outcome) => Drops.ReasonOf(outcome) is { } reason ? $"dropped: {reason}" : null;

    /// <summary>On a packet that the device has been given; null if it is on its way.</summary>
    public static string? OnSent(SendOutcome outcome) => outcome switch
    {
        SendOutcome.Sealed => null,
        SendOutcome.Staged => "waits for a session",
        _ => $"dropped: {Drops.ReasonOf(outcome)}",
    };

    private static string Attempts(TimeSpan now, Peer peer)
    {
        var unanswered = peer.GetStatistics(now).HandshakeAttempts;
        return unanswered > 0 ? string.Create(CultureInfo.InvariantCulture, $", after {unanswered} without an answer")
            : peer.HasSession(now) ? ", to renew the session"
            : "";
    }

    private static string RoundTrip(TimeSpan now, Peer peer) => peer.GetStatistics(now).HandshakeRoundTrip is { } time
        ? string.Create(CultureInfo.InvariantCulture, $" after {time.TotalMilliseconds:0.0} ms")
        : "";

    private static string Name(Peer peer) => $"peer {peer.PublicKey.ToString().AsSpan(0, 8)}...";
}
