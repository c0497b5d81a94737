using Microsoft.Extensions.Logging;
using Onetun.NetStack;
using Onetun.WireGuard;

namespace Onetun.Tunnel.Forwarding;

/// <summary>One client of a UDP forward, and its port inside the tunnel.</summary>
internal sealed class UdpForwardFlow : DatagramFlow
{
    private readonly DatagramPort _port;
    private readonly UdpEndPoint _client;
    private readonly UdpSocket _server;
    private readonly Traffic _traffic;
    private readonly Task _returning;

    public UdpForwardFlow(
        DatagramPort port, in UdpEndPoint client, UdpSocket server, Traffic traffic, ILogger logger, TimeProvider time)
        : base(traffic, time)
    {
        _port = port;
        _client = client;
        _server = server;
        _traffic = traffic;
        traffic.Start();
        logger.FlowStarted(server.LocalEndPoint.Port, client.ToIPEndPoint());
        // Nothing on the way of an answer waits, where sends do not (DatagramPort)
        server.ContinuesInline = OperatingSystem.IsLinux();
        _returning = TunnelDatagrams.ReadAllAsync(server, server.LocalEndPoint.Port, logger, Return, port.SendAnswers);
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

    private void Return(ReadOnlyMemory<byte> datagram)
    {
        OnDown(datagram.Length);
        _port.Answer(_client, datagram.Span);
    }
}
