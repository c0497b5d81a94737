using System.Net;
using Onetun.Forwarder.Forwarding;
using Onetun.Forwarder.Logging;
using Onetun.Tunnel;

namespace Onetun.Forwarder.Configuration;

/// <summary>All that the forwarder needs to run, checked.</summary>
internal sealed record ForwarderConfiguration : IDisposable
{
    public required TunnelOptions Tunnel { get; init; }

    public required IReadOnlyList<ResolvedForward> Forwards { get; init; }

    public ServiceConfiguration Services { get; init; } = new();

    public TcpLimits Tcp { get; init; } = new();

    public UdpLimits Udp { get; init; } = new();

    public required LogFilter Log { get; init; }

    public LogFormat LogFormat { get; init; }

    /// <summary>What a stop may take, from the signal to the end of the process.</summary>
    public TimeSpan Shutdown { get; init; } = LimitReader.DefaultShutdown;

    /// <summary>Where inner packets are captured to, if they are.</summary>
    public string? Pcap { get; init; }

    /// <summary>What is risky about it, though it will run.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>
    /// What a forward goes by: the endpoint of the peer that has its destination, and our own address.
    /// </summary>
    public (IPEndPoint? Endpoint, IPAddress SourcePeer) Way(ResolvedForward forward) => forward.IsRemote
        ? (Tunnel.Peers[0].EndPoint, forward.Source.Address)
        : (PeerOf(forward.Destination.Address)?.EndPoint,
            Tunnel.Addresses.First(address => address.AddressFamily == forward.Destination.AddressFamily));

    /// <summary>Zeroes the keys.</summary>
    public void Dispose()
    {
        Tunnel.PrivateKey.Dispose();
        foreach (var peer in Tunnel.Peers)
        {
            peer.PresharedKey?.Dispose();
        }
    }

    // .. the longest of the prefixes that hold it decides
    private TunnelPeer? PeerOf(IPAddress destination) => Tunnel.Peers
        .SelectMany(peer => peer.AllowedIPs, (peer, network) => (Peer: peer, Network: network))
        .Where(entry => entry.Network.Contains(destination))
        .OrderByDescending(entry => entry.Network.PrefixLength)
        .FirstOrDefault().Peer;
}
