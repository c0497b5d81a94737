using System.Net;
using Onetun.Forwarder.Logging;
using Onetun.NetStack;
using Onetun.Tunnel;
using Onetun.Tunnel.Forwarding;
using Onetun.Tunnel.Text;
using Onetun.Tunnel.WgQuick;
using Onetun.WireGuard;

namespace Onetun.Forwarder.Configuration;

/// <summary>All that the forwarder needs to run, checked.</summary>
internal sealed record ForwarderConfiguration : IDisposable
{
    /// <summary>What a stop may take, unless another time is asked for.</summary>
    public static readonly TimeSpan DefaultShutdown = TimeSpan.FromSeconds(5);

    /// <summary>The name of the file that was read; null where there is none.</summary>
    public string? FileName { get; init; }

    public required TunnelOptions Tunnel { get; init; }

    /// <summary>Our addresses inside the tunnel.</summary>
    public IReadOnlyList<IPAddress> Addresses => [.. Tunnel.Addresses.Select(ours => ours.Address)];

    /// <summary>The peers that are known by name, which may come to stand for other addresses.</summary>
    public IReadOnlyDictionary<PublicKey, NamedEndPoint> EndpointNames { get; init; } =
        new Dictionary<PublicKey, NamedEndPoint>();

    /// <summary>The peers, with the names of their endpoints where they have names.</summary>
    public IReadOnlyList<PeerOptions> NamedPeers => [.. Tunnel.Peers.Select(peer => EndpointNames.TryGetValue(peer.PublicKey, out var name)
        ? peer with { EndPoint = new NamedEndPoint(name.Host, name.Port) { At = peer.KnownEndPoint() } }
        : peer)];

    public required IReadOnlyList<ResolvedForward> Forwards { get; init; }

    /// <summary>Whether there is something that peers connect to.</summary>
    public bool IsReached => Forwards.Any(forward => forward.IsRemote);

    /// <summary>The resolvers behind the tunnel; if there are none, the system resolves.</summary>
    public IReadOnlyList<IPAddress> Dns { get; init; } = [];

    /// <summary>Where else those resolvers are asked for a name that has no dot, or is not known.</summary>
    public IReadOnlyList<string> SearchDomains { get; init; } = [];

    /// <summary>What <c>stdio</c> connects to unless it is told; null where the file does not say.</summary>
    public EndPoint? Stdio { get; init; }

    public ServiceConfiguration Services { get; init; } = new();

    public TcpLimits Tcp { get; init; } = new();

    public UdpLimits Udp { get; init; } = new();

    public LogFilter Log { get; init; } = LogFilter.Info;

    public LogFormat LogFormat { get; init; }

    /// <summary>What a stop may take, from the signal to the end of the process.</summary>
    public TimeSpan Shutdown { get; init; } = DefaultShutdown;

    public CaptureConfiguration Capture { get; init; } = new();

    /// <summary>What is risky about it, though it will run.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>The same, with another tunnel.</summary>
    public ForwarderConfiguration WithTunnel(Func<TunnelOptions, TunnelOptions> change) => this with { Tunnel = change(Tunnel) };

    /// <summary>
    /// Which way a forward goes, as people are told, as far as it is known before a connection: the endpoint of the peer, and
    /// our own address.
    /// </summary>
    public (string Endpoint, IPAddress SourcePeer) Way(ResolvedForward forward)
    {
        if (forward.IsRemote)
        {
            return (EndpointOfAny, ((IPEndPoint)forward.Source).Address);
        }

        if (forward.Destination is not IPEndPoint { Address: var address })
        {
            return (EndpointOfAny, Addresses[0]);
        }

        var ours = InterfaceAddress.SourceFor(Tunnel.Addresses, address)!;
        return (PeerOf(address) is { } peer ? EndpointOf(peer) : "no peer with this address", ours);
    }

    /// <summary>The keys of a file by which this differs from another one, and which cannot change while it runs.</summary>
    public IEnumerable<string> FixedDifferences(ForwarderConfiguration other)
    {
        var keys = Options.OfInterface.Where(option => option.Fixed is { } value && value(this) != value(other))
            .Select(option => option.InterfaceKey!);
        var kinds = Services.Proxies.Except(other.Services.Proxies).Concat(other.Services.Proxies.Except(Services.Proxies))
            .Select(proxy => $"The {proxy.Name} proxy on {proxy.EndPoint}").Distinct();
        return Udp == other.Udp ? [.. keys, .. kinds] : [.. keys, .. kinds, WireproxyKind.Timeout];
    }

    /// <summary>
    /// The same, with peers that both know by the same name left at the addresses that the other one has: which of a name's
    /// addresses comes first says nothing new.
    /// </summary>
    public ForwarderConfiguration At(ForwarderConfiguration other)
    {
        var known = other.Tunnel.Peers.Where(IsNamedAlike).ToDictionary(peer => peer.PublicKey, peer => peer.EndPoint);
        var peers = Tunnel.Peers.Select(peer => known.TryGetValue(peer.PublicKey, out var at) ? peer with { EndPoint = at } : peer);
        return this with { Tunnel = Tunnel with { Peers = [.. peers] } };

        bool IsNamedAlike(PeerOptions peer) => EndpointNames.TryGetValue(peer.PublicKey, out var name)
            && other.EndpointNames.TryGetValue(peer.PublicKey, out var before) && name.Equals(before);
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
    public PeerOptions? PeerOf(IPAddress destination) => AllowedIPs.PeerOf(Tunnel.Peers, destination);

    private string EndpointOfAny =>
        Tunnel.Peers.Count == 1 ? EndpointOf(Tunnel.Peers[0]) : $"any of {Tunnel.Peers.Count} peers";

    private static string EndpointOf(PeerOptions peer) => peer.EndPoint?.ToString() ?? "no endpoint yet";
}
