using Onetun.NetStack;
using Onetun.WireGuard;

namespace Onetun.Tunnel;

/// <summary>A snapshot of what a tunnel has done since it started, and of what it dropped.</summary>
public sealed record TunnelStatistics
{
    /// <summary>What <c>wg show</c> tells, peer by peer.</summary>
    public required IReadOnlyList<PeerStatistics> Peers { get; init; }

    /// <summary>Datagrams received, by what WireGuard made of them.</summary>
    public required IReadOnlyDictionary<DatagramOutcome, long> Received { get; init; }

    /// <summary>Packets to be sent, by what WireGuard made of them.</summary>
    public required IReadOnlyDictionary<SendOutcome, long> Sent { get; init; }

    /// <summary>The TCP/IP stack: packets, connections, flows.</summary>
    public required IpStackStatistics Stack { get; init; }

    /// <summary>What was dropped, by layer, direction and reason: each there is, those with a count of 0 as well.</summary>
    public required IReadOnlyList<Drop> Drops { get; init; }

    /// <summary>Faults in Onetun's own code that were survived (<see cref="TunnelOptions.Faulted"/>).</summary>
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
