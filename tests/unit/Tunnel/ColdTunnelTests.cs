using System.Net;
using Onetun.NetStack;
using Onetun.WireGuard;
using Xunit;

namespace Onetun.Tunnel.Tests;

/// <summary>Before the first handshake what is sent waits, and none of it is lost.</summary>
public sealed class ColdTunnelTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly IPAddress Here = IPAddress.Parse("10.0.0.1");
    private static readonly IPAddress There = IPAddress.Parse("10.0.0.2");
    private static readonly IPAddress Silent = IPAddress.Parse("10.0.0.3");
    private readonly PrivateKey _here = PrivateKey.Generate();
    private readonly PrivateKey _there = PrivateKey.Generate();
    private readonly PrivateKey _silent = PrivateKey.Generate();
    private readonly UdpGate _gate = new();
    private readonly UdpGate _silence = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _here.Dispose();
        _there.Dispose();
        _silent.Dispose();
        _gate.Dispose();
        _silence.Dispose();
    }

    [Fact]
    public async Task Of_two_hundred_connects_at_once_before_the_first_handshake_no_syn_is_lost()
    {
        await using var there = await StartThereAsync();
        await using var here = await StartHereAsync();
        await using var listener = there.ListenTcp(80);
        var connecting = Connect(here, There, 200);
        Assert.Equal((0L, 128L), (DropTests.Count(here, "too_many_staged"), here.GetStatistics().Sent[SendOutcome.Staged]));

        _gate.Open(there.LocalEndPoint);
        foreach (var socket in await Task.WhenAll(connecting).WaitAsync(Patience, Cancellation))
        {
            await socket.DisposeAsync();
        }

        Assert.Equal(0L, DropTests.Count(here, "too_many_staged"));
    }

    [Fact]
    public async Task A_peer_that_does_not_answer_holds_back_its_own_connects_alone()
    {
        await using var there = await StartThereAsync();
        await using var here = await StartHereAsync();
        await using var listener = there.ListenTcp(80);
        using var cancelling = new CancellationTokenSource();
        var waiting = Connect(here, Silent, 300, cancelling.Token);
        _gate.Open(there.LocalEndPoint);
        foreach (var socket in await Task.WhenAll(Connect(here, There, 200)).WaitAsync(Patience, Cancellation))
        {
            await socket.DisposeAsync();
        }

        Assert.Equal(0L, DropTests.Count(here, "too_many_staged"));
        Assert.DoesNotContain(waiting, task => task.IsCompleted);
        await cancelling.CancelAsync();
        foreach (var task in waiting)
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => task.WaitAsync(Patience, Cancellation));
        }
    }

    private static List<Task<TcpSocket>> Connect(
        WireGuardTunnel tunnel, IPAddress address, int count, CancellationToken cancellationToken = default) =>
        [.. Enumerable.Range(0, count).Select(_ => tunnel.ConnectTcpAsync(new IPEndPoint(address, 80), cancellationToken))];

    private Task<WireGuardTunnel> StartHereAsync() => StartAsync(_here, Here, Peer(_there, There, _gate), Peer(_silent, Silent, _silence));

    private Task<WireGuardTunnel> StartThereAsync() => StartAsync(_there, There, Peer(_here, Here, null));

    private static PeerOptions Peer(PrivateKey key, IPAddress address, UdpGate? gate) =>
        new() { PublicKey = key.PublicKey, EndPoint = gate?.EndPoint, AllowedIPs = [new IPNetwork(address, 32)] };

    private static Task<WireGuardTunnel> StartAsync(PrivateKey key, IPAddress address, params PeerOptions[] peers) =>
        WireGuardTunnel.StartAsync(new TunnelOptions
        {
            PrivateKey = key,
            Addresses = [address],
            Transport = new UdpTransportOptions { BindEndPoint = new IPEndPoint(IPAddress.Loopback, 0) },
            DisposeTimeout = TimeSpan.Zero,
            Peers = peers,
        });
}
