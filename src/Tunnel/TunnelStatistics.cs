using Onetun.NetStack;
using Onetun.WireGuard;

namespace Onetun.Tunnel;

/// <summary>A snapshot of what a tunnel has done and dropped since it started.</summary>
public sealed record TunnelStatistics
{
    /// <summary>What <c>wg show</c> tells of each peer, in no particular order.</summary>
    public required IReadOnlyList<PeerStatistics> Peers { get; init; }

    /// <summary>Datagrams received, by outcome; every outcome is a key.</summary>
    public required IReadOnlyDictionary<DatagramOutcome, long> Received { get; init; }

    /// <summary>Packets given to WireGuard to send, by outcome; every outcome is a key.</summary>
    public required IReadOnlyDictionary<SendOutcome, long> Sent { get; init; }

    /// <summary>What the TCP/IP stack inside the tunnel has done: packets, connections, flows.</summary>
    public required IpStackStatistics Stack { get; init; }

    /// <summary>What was dropped, by layer, direction and reason; every reason is there, even with a count of 0.</summary>
    public required IReadOnlyList<Drop> Drops { get; init; }

    /// <summary>Faults in Onetun's own code, or in the tap, that were survived (<see cref="TunnelOptions.Faulted"/>).</summary>
    public required long Faults { get; init; }

    internal static TunnelStatistics Of(
        IReadOnlyList<PeerStatistics> peers, Device device, IpStack stack, UdpStatistics socket, long faults)
    {
        var received = Enum.GetValues<DatagramOutcome>().ToDictionary(outcome => outcome, device.Count);
        var sent = Enum.GetValues<SendOutcome>().ToDictionary(outcome => outcome, device.Count);
        var inside = stack.GetStatistics();
        return new TunnelStatistics
        {
            Peers = peers,
            Received = received,
            Sent = sent,
            Stack = inside,
            Drops = Tunnel.Drops.Of(socket, received, sent, device.StagedOverflows, inside),
            Faults = faults,
        };
    }
}
