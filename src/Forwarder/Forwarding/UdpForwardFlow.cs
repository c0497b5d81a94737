using System.Net;
using Microsoft.Extensions.Logging;
using Onetun.Forwarder.Common;
using Onetun.Forwarder.Logging;
using Onetun.NetStack;

namespace Onetun.Forwarder.Forwarding;

/// <summary>One client of a UDP forward, and its port inside the tunnel.</summary>
internal sealed class UdpForwardFlow : DatagramFlow
{
    private readonly DatagramPort _port;
    private readonly UdpClientAddress _client;
    private readonly UdpSocket _server;
    private readonly Traffic _traffic;
    private readonly ILogger _logger;
    private readonly Task _returning;

    public UdpForwardFlow(
        DatagramPort port, UdpClientAddress client, UdpSocket server, Traffic traffic, ILogger logger, TimeProvider time)
        : base(traffic, time)
    {
        _port = port;
        _client = client;
        _server = server;
        _traffic = traffic;
        _logger = logger;
        traffic.Start();
        logger.FlowStarted(server.LocalEndPoint.Port, MappedAddress.Unmap(new IPEndPoint(0, 0).Create(client.Client)));
        _returning = ReturnAsync();
    }

    /// <summary>From the client to the server.</summary>
    public void Forward(ReadOnlySpan<byte> datagram)
    {
        OnUp(datagram.Length);
        TunnelDatagrams.Forward(_server, datagram);
    }

    public override async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync().ConfigureAwait(false);
        await _returning.ConfigureAwait(false);
        _traffic.End();
    }

    private Task ReturnAsync() => TunnelDatagrams.ReadAllAsync(_server, _server.LocalEndPoint.Port, _logger, datagram =>
    {
        OnDown(datagram.Length);
        return _port.SendAsync(datagram, _client);
    });
}
