using System.Net;
using Onetun.Tunnel;
using Onetun.WireGuard;

namespace Onetun.Tests.Library;

/// <summary>Two tunnels of one process that are each other's peers, over loopback: a client's and a server's.</summary>
internal sealed class Networks : IAsyncDisposable
{
    private readonly PrivateKey _clientKey = PrivateKey.Generate();
    private readonly PrivateKey _serverKey = PrivateKey.Generate();

    public static IPAddress ClientAddress { get; } = IPAddress.Parse("192.168.4.3");

    public static IPAddress ServerAddress { get; } = IPAddress.Parse("192.168.4.2");

    public WireGuardTunnel Client { get; private set; } = null!;

    public WireGuardTunnel Server { get; private set; } = null!;

    /// <summary>The client knows where the server is, which speaks when it is spoken to.</summary>
    public static async Task<Networks> StartAsync()
    {
        var networks = new Networks();
        networks.Server = await StartAsync(networks._serverKey, ServerAddress, networks._clientKey, ClientAddress, null);
        var at = new IPEndPoint(IPAddress.Loopback, networks.Server.LocalEndPoint.Port);
        networks.Client = await StartAsync(networks._clientKey, ClientAddress, networks._serverKey, ServerAddress, at);
        return networks;
    }

    public static Uri Uri(int port, string path = "/", string scheme = "http") => new($"{scheme}://{ServerAddress}:{port}{path}");

    public async ValueTask DisposeAsync()
    {
        await Client.DisposeAsync();
        await Server.DisposeAsync();
        _clientKey.Dispose();
        _serverKey.Dispose();
    }

    private static Task<WireGuardTunnel> StartAsync(
        PrivateKey key, IPAddress address, PrivateKey peer, IPAddress peerAddress, IPEndPoint? endPoint) =>
        WireGuardTunnel.StartAsync(new TunnelOptions
        {
            PrivateKey = key,
            Addresses = [address],
            DisposeTimeout = TimeSpan.Zero,
            Transport = new UdpTransportOptions { BindEndPoint = new IPEndPoint(IPAddress.Loopback, 0) },
            Peers = [new PeerOptions { PublicKey = peer.PublicKey, EndPoint = endPoint, AllowedIPs = [new IPNetwork(peerAddress, 32)] }],
        });
}
