using System.Net;
using System.Net.Sockets;
using Onetun.Tunnel;
using Onetun.WireGuard;

namespace Onetun.Forwarder.Tests;

/// <summary>A peer to be examined, over loopback, and the options with which it is.</summary>
internal sealed class DoctorPeer : IAsyncDisposable
{
    private readonly PrivateKey _theirs = PrivateKey.Generate();
    private Relay? _relay;

    public static IPAddress V4 { get; } = IPAddress.Parse("192.168.4.2");

    public static IPAddress V6 { get; } = IPAddress.Parse("fd00::2");

    public static IPAddress OurV4 { get; } = IPAddress.Parse("192.168.4.3");

    public static IPAddress OurV6 { get; } = IPAddress.Parse("fd00::3");

    public PrivateKey OurKey { get; } = PrivateKey.Generate();

    public WireGuardTunnel Tunnel { get; private set; } = null!;

    /// <summary>Ours, made to match.</summary>
    public TunnelOptions Options { get; private set; } = null!;

    public PeerOptions Peer => Options.Peers[0];

    /// <summary>
    /// Starts it; it knows another client if told so, and datagrams longer than a limit are lost on the way, or so many of the first.
    /// </summary>
    public static async Task<DoctorPeer> StartAsync(
        PublicKey? client = null, PresharedKey? presharedKey = null, int longest = int.MaxValue, int lost = 0)
    {
        var peer = new DoctorPeer();
        peer.Tunnel = await WireGuardTunnel.StartAsync(new TunnelOptions
        {
            PrivateKey = peer._theirs,
            Addresses = [V4, V6],
            Transport = new UdpTransportOptions { BindEndPoint = new IPEndPoint(IPAddress.Loopback, 0) },
            Peers = [new PeerOptions { PublicKey = client ?? peer.OurKey.PublicKey, PresharedKey = presharedKey }],
        });
        peer._relay = longest < int.MaxValue || lost > 0 ? new Relay(peer.Tunnel.LocalEndPoint, longest, lost) : null;
        peer.Options = new TunnelOptions
        {
            PrivateKey = peer.OurKey,
            Addresses = [OurV4, OurV6],
            Peers =
            [
                new PeerOptions
                {
                    PublicKey = peer._theirs.PublicKey,
                    EndPoint = peer._relay?.EndPoint ?? peer.Tunnel.LocalEndPoint,
                    AllowedIPs = [IPNetwork.Parse("192.168.4.0/24"), IPNetwork.Parse("fd00::/64")],
                },
            ],
        };
        return peer;
    }

    public async ValueTask DisposeAsync()
    {
        _relay?.Dispose();
        await Tunnel.DisposeAsync();
        _theirs.Dispose();
        OurKey.Dispose();
    }

    /// <summary>A way that loses what is too long, both ways, and the first of what goes to the server.</summary>
    private sealed class Relay : IDisposable
    {
        private readonly Socket _client = Bind();
        private readonly Socket _server = Bind();
        private readonly int _longest;
        private volatile EndPoint? _from;

        public Relay(IPEndPoint server, int longest, int lost)
        {
            _longest = longest;
            _ = CarryAsync(_client, _server, from =>
            {
                _from = from;
                return lost-- > 0 ? null : server;
            });
            _ = CarryAsync(_server, _client, _ => _from!);
        }

        public IPEndPoint EndPoint => (IPEndPoint)_client.LocalEndPoint!;

        public void Dispose()
        {
            _client.Dispose();
            _server.Dispose();
        }

        private static Socket Bind()
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            return socket;
        }

        private async Task CarryAsync(Socket from, Socket to, Func<EndPoint, EndPoint?> next)
        {
            var buffer = new byte[65535];
            while (true)
            {
                var received = await from.ReceiveFromAsync(buffer, new IPEndPoint(IPAddress.Any, 0));
                if (next(received.RemoteEndPoint) is { } destination && received.ReceivedBytes <= _longest)
                {
                    await to.SendToAsync(buffer.AsMemory(0, received.ReceivedBytes), destination);
                }
            }
        }
    }
}
