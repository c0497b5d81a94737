using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Onetun.Forwarder.Common;
using Onetun.Forwarder.Configuration;
using Onetun.Forwarder.Demo;
using Onetun.Forwarder.Hosting;
using Onetun.Forwarder.Logging;
using Onetun.Tunnel;
using Onetun.Tunnel.Text;
using Onetun.WireGuard;
using Xunit;

namespace Onetun.Forwarder.Tests;

/// <summary>A gateway to the peer of the demo, with its web page.</summary>
internal sealed class DemoGateway : IAsyncDisposable
{
    private readonly PrivateKey _ours = PrivateKey.Generate();
    private readonly PrivateKey _theirs = PrivateKey.Generate();
    private DemoPeer _peer = null!;

    public Gateway Gateway { get; private set; } = null!;

    /// <summary>Far more than anything here takes, even on a busy machine.</summary>
    public static TimeSpan Patience { get; } = TimeSpan.FromSeconds(30);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static async Task<DemoGateway> StartAsync(
        ServiceConfiguration? services = null,
        EndPoint? destination = null,
        Machine? machine = null,
        EndPoint? source = null,
        ILoggerFactory? loggers = null,
        bool isRemote = false,
        string? peerName = null,
        LogRing? lines = null)
    {
        var demo = new DemoGateway();
        demo._peer = await DemoPeer.StartAsync(demo._theirs, demo._ours.PublicKey);
        var configuration = new ForwarderConfiguration
        {
            Tunnel = new TunnelOptions
            {
                PrivateKey = demo._ours,
                Addresses = [DemoPeer.ClientAddress],
                Transport = new UdpTransportOptions { BindEndPoint = new IPEndPoint(IPAddress.Loopback, 0) },
                Peers = [new PeerOptions { PublicKey = demo._theirs.PublicKey, EndPoint = peerName is null ? demo._peer.EndPoint : null }],
            },
            EndpointNames = peerName is null
                ? []
                : new Dictionary<PublicKey, NamedEndPoint> { [demo._theirs.PublicKey] = new(peerName, demo._peer.EndPoint.Port) },
            Forwards =
            [
                isRemote
                    ? new ResolvedForward(
                        Protocols.Tcp, new IPEndPoint(DemoPeer.ClientAddress, 8080), new IPEndPoint(IPAddress.Loopback, 8080), IsRemote: true)
                    : new ResolvedForward(Protocols.Tcp, source ?? new IPEndPoint(IPAddress.Loopback, 0), destination ?? DemoPeer.Page),
            ],
            Services = services ?? new ServiceConfiguration(),
            Log = LogFilter.Info,
        };
        var (gateway, faults) = await Gateway.StartAsync(
            configuration, loggers ?? NullLoggerFactory.Instance, machine ?? new Machine(), lines);
        Assert.Empty(faults);
        demo.Gateway = gateway!;
        return demo;
    }

    /// <summary>Sends a text to a port and reads what comes back, to its end.</summary>
    public static async Task<string> ExchangeAsync(EndPoint endPoint, params byte[][] requests)
    {
        using var socket = endPoint is IPEndPoint
            ? new Socket(SocketType.Stream, ProtocolType.Tcp)
            : new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(endPoint, Cancellation);
        foreach (var request in requests)
        {
            await socket.SendAsync(request, Cancellation);
        }

        await using var stream = new NetworkStream(socket);
        using var reader = new StreamReader(stream, Encoding.Latin1);
        return await reader.ReadToEndAsync(Cancellation);
    }

    /// <summary>What fails, with a cancellation, when patience is at its end.</summary>
    public static CancellationTokenSource Deadline()
    {
        var deadline = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        deadline.CancelAfter(Patience);
        return deadline;
    }

    /// <summary>The page of the peer, through the tunnel.</summary>
    public Task<string> FetchAsync() => ExchangeAsync(Gateway.Sources[0], "GET / HTTP/1.0\r\n\r\n"u8.ToArray());

    /// <summary>Fetches it again and again, until a condition holds.</summary>
    public async Task FetchUntilAsync(Func<bool> condition)
    {
        using var deadline = Deadline();
        while (!condition())
        {
            await FetchAsync();
            deadline.Token.ThrowIfCancellationRequested();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Gateway.DisposeAsync();
        await _peer.DisposeAsync();
        _ours.Dispose();
        _theirs.Dispose();
    }
}
