using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Onetun.Forwarder.Configuration;
using Onetun.Forwarder.Demo;
using Onetun.Forwarder.Forwarding;
using Onetun.Forwarder.Logging;
using Onetun.Tunnel;
using Onetun.WireGuard;
using Xunit;

namespace Onetun.Forwarder.Tests;

public sealed class GatewayTests : IDisposable
{
    private readonly PrivateKey _ours = PrivateKey.Generate();
    private readonly PrivateKey _theirs = PrivateKey.Generate();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_page_behind_the_peer_is_fetched_from_the_local_port()
    {
        await using var peer = await DemoPeer.StartAsync(_theirs, _ours.PublicKey);
        await using var gateway = await StartAsync(peer.EndPoint, DemoPeer.Page);
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        var page = await client.GetStringAsync(new Uri($"http://{gateway.Sources[0]}/"), Cancellation);
        Assert.Contains("<html", page);
        await gateway.StopAsync(TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task A_port_that_is_closed_behind_the_peer_resets_the_client()
    {
        await using var peer = await DemoPeer.StartAsync(_theirs, _ours.PublicKey);
        await using var gateway = await StartAsync(peer.EndPoint, new IPEndPoint(DemoPeer.Page.Address, 81));
        using var client = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(gateway.Sources[0], Cancellation);
        var error = await Assert.ThrowsAsync<SocketException>(async () => await client.ReceiveAsync(new byte[1], Cancellation));
        Assert.Equal(SocketError.ConnectionReset, error.SocketErrorCode);
    }

    [Fact]
    public async Task Stopping_resets_connections_that_do_not_end_and_frees_the_port()
    {
        await using var peer = await DemoPeer.StartAsync(_theirs, _ours.PublicKey);
        await using var gateway = await StartAsync(peer.EndPoint, DemoPeer.Page);
        var source = gateway.Sources[0];
        using var client = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(source, Cancellation);
        await gateway.StopAsync(TimeSpan.Zero);
        await Assert.ThrowsAsync<SocketException>(async () => await client.ReceiveAsync(new byte[1], Cancellation));
        using var next = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await Assert.ThrowsAsync<SocketException>(async () => await next.ConnectAsync(source, Cancellation));
    }

    [Fact]
    public async Task All_that_cannot_be_had_is_listed_and_nothing_stays_behind()
    {
        using var taken = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        taken.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        taken.Listen();
        using var takenUdp = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        takenUdp.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var configuration = Configure(new IPEndPoint(IPAddress.Loopback, 9), DemoPeer.Page);
        var (gateway, faults) = await Gateway.StartAsync(
            configuration with
            {
                Forwards = [new ResolvedForward(Protocols.Tcp, (IPEndPoint)taken.LocalEndPoint!, DemoPeer.Page), .. configuration.Forwards],
                Pcap = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName(), "wg.pcap"),
                Tunnel = configuration.Tunnel with { BindEndPoint = (IPEndPoint)takenUdp.LocalEndPoint! },
            },
            NullLoggerFactory.Instance);
        Assert.Null(gateway);
        Assert.Equal(3, faults.Count);
        Assert.StartsWith(
            $"Port-forward failed for [{taken.LocalEndPoint}]->[192.168.4.2:80]: Failed to listen on TCP proxy server: ", faults[0].Message);
        Assert.StartsWith("Failed to create pcap file", faults[1].Message);
        Assert.StartsWith("Failed to initialize WireGuard tunnel: Failed to create UDP socket", faults[2].Message);
    }

    public void Dispose()
    {
        _ours.Dispose();
        _theirs.Dispose();
    }

    private async Task<Gateway> StartAsync(IPEndPoint peer, IPEndPoint destination)
    {
        var (gateway, faults) = await Gateway.StartAsync(Configure(peer, destination), NullLoggerFactory.Instance);
        Assert.Empty(faults);
        return gateway!;
    }

    private ForwarderConfiguration Configure(IPEndPoint peer, IPEndPoint destination) => new()
    {
        Tunnel = new TunnelOptions
        {
            PrivateKey = _ours,
            Addresses = [DemoPeer.ClientAddress],
            Peers = [new TunnelPeer { PublicKey = _theirs.PublicKey, EndPoint = peer }],
        },
        Forwards = [new ResolvedForward(Protocols.Tcp, new IPEndPoint(IPAddress.Loopback, 0), destination)],
        Log = LogFilter.Info,
    };
}
