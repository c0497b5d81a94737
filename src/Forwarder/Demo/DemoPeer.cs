using System.Net;
using Onetun.NetStack;
using Onetun.Tunnel;
using Onetun.WireGuard;

namespace Onetun.Forwarder.Demo;

/// <summary>A second WireGuard peer in this process, with a web page behind its address.</summary>
internal sealed class DemoPeer : IAsyncDisposable
{
    /// <summary>The page's address inside the tunnel.</summary>
    public static readonly IPEndPoint Page = new(IPAddress.Parse("192.168.4.2"), 80);

    /// <summary>The address it lets us have.</summary>
    public static readonly IPAddress ClientAddress = IPAddress.Parse("192.168.4.3");

    private readonly WireGuardTunnel _tunnel;
    private readonly SocketListener<TcpSocket> _listener;
    private readonly Task _serving;

    private DemoPeer(WireGuardTunnel tunnel)
    {
        _tunnel = tunnel;
        _listener = tunnel.ListenTcp(Page.Port);
        _serving = new DemoPage(_listener).ServeAsync();
    }

    /// <summary>Where it is reached.</summary>
    public IPEndPoint EndPoint => _tunnel.LocalEndPoint;

    public static async Task<DemoPeer> StartAsync(PrivateKey key, PublicKey client) =>
        new(await WireGuardTunnel.StartAsync(new TunnelOptions
        {
            PrivateKey = key,
            Addresses = [Page.Address],
            Transport = new UdpTransportOptions { BindEndPoint = new IPEndPoint(IPAddress.Loopback, 0) },
            Peers = [new PeerOptions { PublicKey = client, AllowedIPs = [new IPNetwork(ClientAddress, 32)] }],
        }).ConfigureAwait(false));

    public async ValueTask DisposeAsync()
    {
        await _listener.DisposeAsync().ConfigureAwait(false);
        await _serving.ConfigureAwait(false);
        await _tunnel.StopAsync(TimeSpan.Zero).ConfigureAwait(false);
    }
}
