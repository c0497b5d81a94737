using System.Net;
using System.Net.Sockets;
using Onetun.Forwarder.Forwarding;
using Onetun.Forwarder.Logging;
using Onetun.Tunnel;

namespace Onetun.Forwarder.Configuration;

/// <summary>All that the forwarder needs to run, checked.</summary>
internal sealed record ForwarderConfiguration : IDisposable
{
    public required TunnelOptions Tunnel { get; init; }

    public required IReadOnlyList<ResolvedForward> Forwards { get; init; }

    public UdpLimits Udp { get; init; } = new();

    public required LogFilter Log { get; init; }

    /// <summary>Where inner packets are captured to, if they are.</summary>
    public string? Pcap { get; init; }

    /// <summary>What is risky about it, though it will run.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>The address that speaks to a destination.</summary>
    public IPAddress SourcePeer(AddressFamily family) =>
        Tunnel.Addresses.First(address => address.AddressFamily == family);

    /// <summary>Zeroes the keys.</summary>
    public void Dispose()
    {
        Tunnel.PrivateKey.Dispose();
        foreach (var peer in Tunnel.Peers)
        {
            peer.PresharedKey?.Dispose();
        }
    }
}
