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

    /// <summary>The resolvers behind the tunnel; none, and the system resolves.</summary>
    public IReadOnlyList<IPAddress> Dns { get; init; } = [];

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
    /// What a forward goes by, as far as its destination's address is known: the endpoint of the peer that has it, and
    /// our own address.
    /// </summary>
    public (IPEndPoint? Endpoint, IPAddress SourcePeer) Way(ResolvedForward forward)
    {
        if (forward.IsRemote)
        {
            return (Tunnel.Peers[0].EndPoint, ((IPEndPoint)forward.Source).Address);
        }

        return forward.Destination is IPEndPoint { Address: var address }
            ? (PeerOf(address)?.EndPoint, Tunnel.Addresses.First(ours => ours.AddressFamily == address.AddressFamily))
            : (Tunnel.Peers.Count == 1 ? Tunnel.Peers[0].EndPoint : null, Tunnel.Addresses[0]);
    }

    /// <summary>Zeroes the keys.</summary>
    public void Dispose()
    {
        Tunnel.PrivateKey.Dispose();
        foreach (var peer in Tunnel.Peers)
        {
            peer.PresharedKey?.Dispose();
        }
    }

    /// <summary>The one that has an address: the longest of the prefixes that hold it decides.</summary>
    public TunnelPeer? PeerOf(IPAddress destination) => Tunnel.Peers
        .SelectMany(peer => peer.AllowedIPs, (peer, network) => (Peer: peer, Network: network))
        .Where(entry => entry.Network.Contains(destination))
        .OrderByDescending(entry => entry.Network.PrefixLength)
        .FirstOrDefault().Peer;
}
