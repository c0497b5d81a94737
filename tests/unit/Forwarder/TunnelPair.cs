using System.Net;
using Onetun.Forwarder.Common;
using Onetun.NetStack;
using Onetun.Tunnel;
using Onetun.Tunnel.Forwarding;
using Onetun.Tunnel.Names;
using Onetun.WireGuard;
using Xunit;

namespace Onetun.Forwarder.Tests;

/// <summary>Two tunnels of one process that are each other's peers, over loopback.</summary>
internal sealed class TunnelPair : IAsyncDisposable
{
    private readonly PrivateKey _ours = PrivateKey.Generate();
    private readonly PrivateKey _theirs = PrivateKey.Generate();

    public static IPAddress OurAddress { get; } = IPAddress.Parse("192.168.4.3");

    public static IPAddress TheirAddress { get; } = IPAddress.Parse("192.168.4.2");

    /// <summary>Our second address, where there is one.</summary>
    public static IPAddress OurOtherAddress { get; } = IPAddress.Parse("fd04::3");

    private static IPAddress TheirOtherAddress { get; } = IPAddress.Parse("fd04::2");

    public WireGuardTunnel Ours { get; private set; } = null!;

    /// <summary>Connects from our side.</summary>
    public TunnelDialer Dialer => new(Ours, [OurAddress], new NameCache(_ => Task.FromResult(NameAnswer.None), TimeProvider.System));

    /// <summary>Connects to this machine.</summary>
    public static LocalDialer Local { get; } = new(new NameCache(new SystemNames(SystemNames.ResolveAsync).LookupAsync, TimeProvider.System));

    public WireGuardTunnel Theirs { get; private set; } = null!;

    public static async Task<TunnelPair> StartAsync(bool hasTwoAddresses = false, Func<TunnelOptions, TunnelOptions>? change = null)
    {
        var pair = new TunnelPair();
        IPAddress[] ours = hasTwoAddresses ? [OurAddress, OurOtherAddress] : [OurAddress];
        IPAddress[] theirs = hasTwoAddresses ? [TheirAddress, TheirOtherAddress] : [TheirAddress];
        pair.Theirs = await StartAsync(pair._theirs, theirs, pair._ours.PublicKey, ours, null);
        pair.Ours = await StartAsync(pair._ours, ours, pair._theirs.PublicKey, theirs, pair.Theirs.LocalEndPoint, change);
        // They know where we are from the first handshake on
        await using var hello = pair.Ours.ConnectUdp(new IPEndPoint(TheirAddress, 9));
        await using var listener = pair.Theirs.ListenUdp(9);
        hello.Send([1]);
        await using var heard = await listener.AcceptOneAsync(TestContext.Current.CancellationToken);
        return pair;
    }

    /// <summary>A connection from our side, by both its ends.</summary>
    public async Task<(TcpSocket Ours, TcpSocket Theirs)> ConnectAsync()
    {
        await using var listener = Theirs.ListenTcp(80);
        var ours = await Ours.ConnectTcpAsync(new IPEndPoint(TheirAddress, 80), TestContext.Current.CancellationToken);
        return (ours, await listener.AcceptOneAsync(TestContext.Current.CancellationToken));
    }

    public async ValueTask DisposeAsync()
    {
        await Ours.DisposeAsync();
        await Theirs.DisposeAsync();
        _ours.Dispose();
        _theirs.Dispose();
    }

    private static IPNetwork Alone(IPAddress address) => new(address, address.GetAddressBytes().Length * 8);

    private static Task<WireGuardTunnel> StartAsync(
        PrivateKey key, IPAddress[] addresses, PublicKey peer, IPAddress[] peerAddresses, IPEndPoint? endPoint,
        Func<TunnelOptions, TunnelOptions>? change = null)
    {
        var options = new TunnelOptions
        {
            PrivateKey = key,
            Addresses = [.. addresses],
            DisposeTimeout = TimeSpan.Zero,
            Transport = new UdpTransportOptions { BindEndPoint = new IPEndPoint(IPAddress.Loopback, 0) },
            Peers = [new PeerOptions { PublicKey = peer, EndPoint = endPoint, AllowedIPs = [.. peerAddresses.Select(Alone)] }],
        };
        return WireGuardTunnel.StartAsync(change is null ? options : change(options));
    }
}
