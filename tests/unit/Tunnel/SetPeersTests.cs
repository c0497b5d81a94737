using System.Net;
using System.Net.Sockets;
using Onetun.Forwarder.Tests;
using Onetun.WireGuard;

namespace Onetun.Tunnel.Tests;

/// <summary>What becomes of the connections of a tunnel whose peers change.</summary>
public sealed class SetPeersTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly PrivateKey _other = PrivateKey.Generate();
    private TunnelPair _pair = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _pair = await TunnelPair.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await _pair.DisposeAsync();
        _other.Dispose();
    }

    [Theory]
    [InlineData(null, null)] // Nobody is left
    [InlineData(null, "192.168.4.3/32")]
    [InlineData(null, "192.168.4.0/24")]
    [InlineData("192.168.5.0/24", null)] // The same peer, which has another address now
    [InlineData("192.168.4.0/24", "192.168.4.3/32")]
    public async Task A_connection_ends_whose_address_is_not_its_peers_any_more(string? its, string? others)
    {
        await using var listener = _pair.Theirs.Listen(80);
        await _pair.Ours.ConnectAsync(new IPEndPoint(TunnelPair.TheirAddress, 80), cancellationToken: Cancellation);
        await using var connection = (await listener.AcceptAsync(Cancellation))!;
        await _pair.Ours.ConnectAsync(new IPEndPoint(TunnelPair.TheirAddress, 80), cancellationToken: Cancellation);
        var reading = connection.Input.ReadAsync(Cancellation).AsTask();
        var sent = _pair.Theirs.GetStatistics().Stack.PacketsSent;

        PeerOptions?[] peers = [Peer(_pair.Ours.PublicKey, its), Peer(_other.PublicKey, others)];
        _pair.Theirs.SetPeers([.. peers.OfType<PeerOptions>()]);

        var error = await Assert.ThrowsAsync<IOException>(() => reading.WaitAsync(Patience, Cancellation));
        Assert.Equal(SocketError.ConnectionAborted, Assert.IsType<SocketException>(error.InnerException).SocketErrorCode);
        Assert.True(connection.Closed.IsCancellationRequested);
        await Assert.ThrowsAsync<IOException>(() => connection.Output.WriteAsync("secret"u8.ToArray(), Cancellation).AsTask());
        Assert.Equal(0, _pair.Theirs.GetStatistics().Stack.Connections); // Nor is one left that nobody has accepted
        Assert.Equal(sent, _pair.Theirs.GetStatistics().Stack.PacketsSent); // Who has the address hears nothing of it
    }

    [Fact]
    public async Task A_name_is_not_found_where_nobody_is_left()
    {
        await using var pair = await TunnelPair.StartAsync(change: options => options with { Dns = [TunnelPair.TheirAddress] });
        pair.Ours.SetPeers([]);
        await Assert.ThrowsAsync<SocketException>(
            () => pair.Ours.ConnectAsync(new DnsEndPoint("db.internal", 80), new ConnectOptions { Timeout = TimeSpan.FromMilliseconds(1) }, Cancellation));
    }

    [Fact]
    public async Task A_connection_goes_on_whose_peer_stays()
    {
        await using var listener = _pair.Theirs.Listen(80);
        await using var ours = await _pair.Ours.ConnectAsync(new IPEndPoint(TunnelPair.TheirAddress, 80), cancellationToken: Cancellation);
        await using var connection = (await listener.AcceptAsync(Cancellation))!;
        await using var ourselves = await _pair.Theirs.ConnectAsync(new IPEndPoint(TunnelPair.TheirAddress, 80), cancellationToken: Cancellation);
        _pair.Theirs.SetPeers([Peer(_pair.Ours.PublicKey, "192.168.4.3/32")!, Peer(_other.PublicKey, "0.0.0.0/0")!]);
        await connection.Output.WriteAsync("still here"u8.ToArray(), Cancellation);
        Assert.Equal(10, (await ours.Input.ReadAtLeastAsync(10, Cancellation)).Buffer.Length);
        Assert.Equal(_pair.Ours.PublicKey, connection.Peer);
        Assert.False(ourselves.Closed.IsCancellationRequested);
    }

    private static PeerOptions? Peer(PublicKey key, string? allowed) =>
        allowed is null ? null : new PeerOptions { PublicKey = key, AllowedIPs = [IPNetwork.Parse(allowed)] };
}
