using System.Net;
using Onetun.Interop;
using Onetun.NetStack;
using Onetun.WireGuard;
using Xunit;
using ReadResult = System.IO.Pipelines.ReadResult;

namespace Onetun.Tunnel.Tests;

/// <summary>A tunnel over an outer path of 1,280 bytes that does not say so, and leaves 1,216 to packets inside.</summary>
public sealed class NarrowPathTests : IAsyncLifetime
{
    private const int Megabyte = 1 << 20;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly PrivateKey _ours = PrivateKey.Generate();
    private readonly PrivateKey _theirs = PrivateKey.Generate();
    private WireGuardTunnel _near = null!;
    private WireGuardTunnel _far = null!;
    private NarrowRelay _relay = null!;

    public async ValueTask InitializeAsync()
    {
        _far = await StartAsync(_theirs, "2", _ours.PublicKey, null);
        _relay = new NarrowRelay(_far.LocalEndPoint, 1280);
        _near = await StartAsync(_ours, "3", _theirs.PublicKey, _relay.EndPoint);
    }

    public async ValueTask DisposeAsync()
    {
        await _near.DisposeAsync();
        await _far.DisposeAsync();
        _relay.Dispose();
        _ours.Dispose();
        _theirs.Dispose();
    }

    [Theory]
    [InlineData("10.9.0.2")]
    [InlineData("fd00::2")]
    public async Task A_megabyte_crosses_it_each_way(string address)
    {
        using var patience = new CancellationTokenSource(Patience);
        await using var listener = _far.ListenTcp(80);
        await using var near = await _near.ConnectTcpAsync(new IPEndPoint(IPAddress.Parse(address), 80), patience.Token);
        await using var far = await listener.AcceptOneAsync(patience.Token);
        await Task.WhenAll(
            SendAsync(near, patience.Token), ReceiveAsync(far, patience.Token),
            SendAsync(far, patience.Token), ReceiveAsync(near, patience.Token));
        // In IPv6 all is small until the path is known
        await Eventually.TrueAsync(() => Task.FromResult(_near.Peers[0].PathMtu is not null), Patience, "the path is known");
        Assert.Equal(1216, _near.Peers[0].PathMtu);
    }

    [Theory]
    [InlineData("10.9.0.2")]
    [InlineData("fd00::2")]
    public async Task A_long_datagram_crosses_it_in_the_end(string address)
    {
        using var patience = new CancellationTokenSource(Patience);
        await using var listener = _far.ListenUdp(53);
        await using var near = _near.ConnectUdp(new IPEndPoint(IPAddress.Parse(address), 53));
        var accepting = listener.AcceptOneAsync(patience.Token);
        await Eventually.TrueAsync(
            () =>
            {
                near.Send(new byte[1400]);
                return Task.FromResult(accepting.IsCompleted);
            },
            Patience,
            "a long datagram arrives");
        await using var far = await accepting;
        var read = await far.Input.ReadAsync(patience.Token);
        Assert.Equal(1400, read.Buffer.Length);
        Assert.Equal(1216, _near.Peers[0].PathMtu);
    }

    private static Task<WireGuardTunnel> StartAsync(PrivateKey key, string host, PublicKey peer, IPEndPoint? endPoint) =>
        WireGuardTunnel.StartAsync(new TunnelOptions
        {
            PrivateKey = key,
            Addresses = [IPAddress.Parse($"10.9.0.{host}"), IPAddress.Parse($"fd00::{host}")],
            Transport = new UdpTransportOptions { BindEndPoint = new IPEndPoint(IPAddress.Loopback, 0) },
            Peers = [new PeerOptions { PublicKey = peer, EndPoint = endPoint }],
        });

    private static async Task SendAsync(TcpSocket socket, CancellationToken cancellationToken)
    {
        var piece = new byte[64 * 1024];
        for (var sent = 0; sent < Megabyte; sent += piece.Length)
        {
            for (var i = 0; i < piece.Length; i++)
            {
                piece[i] = Pattern(sent + i);
            }

            await socket.Output.WriteAsync(piece, cancellationToken);
        }
    }

    private static async Task ReceiveAsync(TcpSocket socket, CancellationToken cancellationToken)
    {
        var received = 0;
        while (received < Megabyte)
        {
            var read = await socket.Input.ReadAsync(cancellationToken);
            Assert.False(read.IsCompleted);
            foreach (var memory in read.Buffer)
            {
                foreach (var b in memory.Span)
                {
                    Assert.True(b == Pattern(received), $"byte {received} is wrong");
                    received++;
                }
            }

            socket.Input.AdvanceTo(read.Buffer.End);
        }
    }

    private static byte Pattern(int place) => (byte)(place * 31 + (place >> 8));
}
