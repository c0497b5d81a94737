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
    private readonly TimeProvider _time;
    private readonly Task _returning;

    public UdpForwardFlow(
        DatagramPort port, UdpClientAddress client, UdpSocket server, Traffic traffic, ILogger logger, TimeProvider time)
    {
        _port = port;
        _client = client;
        _server = server;
        _traffic = traffic;
        _logger = logger;
        _time = time;
        traffic.Start();
        logger.FlowStarted(server.LocalEndPoint.Port, MappedAddress.Unmap(new IPEndPoint(0, 0).Create(client.Client)));
        _returning = ReturnAsync();
    }

    /// <summary>From the client to the server.</summary>
    public void Forward(ReadOnlySpan<byte> datagram)
    {
        Touch(_time);
        _traffic.AddUp(datagram.Length);
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
        Answered(_time);
        _traffic.AddDown(datagram.Length);
        return _port.SendAsync(datagram, _client);
    });
}
