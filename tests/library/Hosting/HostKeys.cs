using System.Net;
using Onetun.Extensions.Hosting;
using Onetun.Tests.Library;
using Onetun.Tunnel;
using Onetun.WireGuard;

namespace Onetun.Hosting.Tests;

/// <summary>A tunnel of a host and one peer of it, which tests have without a host.</summary>
internal sealed class HostKeys : IDisposable
{
    public PrivateKey Ours { get; } = PrivateKey.Generate();

    public PrivateKey Theirs { get; } = PrivateKey.Generate();

    /// <summary>The host's tunnel in the text of a configuration.</summary>
    public Dictionary<string, string?> Settings(string section, IPEndPoint? endPoint = null) => new()
    {
        [$"{section}:PrivateKey"] = Ours.ToBase64(),
        [$"{section}:Addresses:0"] = $"{Networks.ServerAddress}/24",
        [$"{section}:Peers:0:PublicKey"] = Theirs.PublicKey.ToString(),
        [$"{section}:Peers:0:AllowedIPs:0"] = $"{Networks.ClientAddress}/32",
        [$"{section}:Peers:0:Endpoint"] = endPoint?.ToString(),
    };

    /// <summary>The same in code.</summary>
    public void Fill(WireGuardTunnelOptions options)
    {
        options.PrivateKey = Ours.ToBase64();
        options.Addresses.Add($"{Networks.ServerAddress}/24");
        options.Peers.Add(new WireGuardPeerOptions { PublicKey = Theirs.PublicKey.ToString() });
    }

    /// <summary>The same as a file of wg-quick has it.</summary>
    public string ToWgQuick() => $"""
        [Interface]
        PrivateKey = {Ours.ToBase64()}
        Address = {Networks.ServerAddress}/24
        [Peer]
        PublicKey = {Theirs.PublicKey}
        AllowedIPs = {Networks.ClientAddress}/32

        """;

    /// <summary>The peer's own tunnel.</summary>
    public Task<WireGuardTunnel> StartPeerAsync(IPEndPoint host) => WireGuardTunnel.StartAsync(new TunnelOptions
    {
        PrivateKey = Theirs,
        Addresses = [Networks.ClientAddress],
        DisposeTimeout = TimeSpan.Zero,
        Transport = new UdpTransportOptions { BindEndPoint = new IPEndPoint(IPAddress.Loopback, 0) },
        Peers = [new PeerOptions { PublicKey = Ours.PublicKey, EndPoint = new IPEndPoint(IPAddress.Loopback, host.Port) }],
    });

    public void Dispose()
    {
        Ours.Dispose();
        Theirs.Dispose();
    }
}
