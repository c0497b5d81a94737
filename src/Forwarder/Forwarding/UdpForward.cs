using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;

namespace Onetun.Forwarder.Forwarding;

/// <summary>
/// Carries the datagrams of a local port to one destination behind the tunnel. Each client has a port of its own in
/// there, and gets back only what the destination sends to that port.
/// </summary>
internal sealed class UdpForward : IForward
{
    private readonly Socket _socket;
    private readonly IPEndPoint _source;
    private readonly EndPoint _destination;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly FlowTable<SocketAddress, UdpForwardFlow> _flows;
    private readonly CancellationTokenSource _stopping = new();
    private Task _receiving = Task.CompletedTask;

    /// <summary>Takes the port.</summary>
    /// <exception cref="SocketException">It cannot be had.</exception>
    public UdpForward(
        IPEndPoint source, EndPoint destination, UdpLimits limits, ILogger logger, TimeProvider? time = null)
    {
        _destination = destination;
        _logger = logger;
        _time = time ?? TimeProvider.System;
        _flows = new FlowTable<SocketAddress, UdpForwardFlow>(_time, limits.IdleTimeout, limits.MaximumFlows);
        _socket = DatagramSocket.Bind(source);
        _source = (IPEndPoint)_socket.LocalEndPoint!;
    }

    public EndPoint Source => _source;

    public Traffic Traffic { get; } = new();

    /// <summary>Clients that have a port in the tunnel.</summary>
    public int FlowCount => _flows.Count;

    public void Start(TunnelDialer tunnel) => _receiving = ReceiveAsync(tunnel);

    public Task CloseAsync() => StopAsync(CancellationToken.None);

    // A datagram is delivered or it is not: there is nothing to drain.
    public async Task StopAsync(CancellationToken hurry)
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _receiving.ConfigureAwait(false);
        await _flows.DisposeAsync().ConfigureAwait(false);
        _socket.Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync(CancellationToken.None).ConfigureAwait(false);
        _stopping.Dispose();
    }

    private async Task ReceiveAsync(TunnelDialer tunnel)
    {
        var buffer = GC.AllocateUninitializedArray<byte>(DatagramSocket.LongestDatagram);
        var client = new SocketAddress(_source.AddressFamily);
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                var length = await _socket.ReceiveFromAsync(buffer, SocketFlags.None, client, _stopping.Token)
                    .ConfigureAwait(false);
                var flow = await FindFlowAsync(tunnel, client).ConfigureAwait(false);
                flow.Forward(buffer.AsSpan(0, length));
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (SocketException error)
            {
                // .. an ICMP error of an earlier reply, no port left in the tunnel, no such name: one datagram's trouble
                _logger.DatagramDropped(Source, error.Message);
            }
        }
    }

    // Until a name is resolved, no client gets through: all of them want the one destination.
    private async ValueTask<UdpForwardFlow> FindFlowAsync(TunnelDialer tunnel, SocketAddress client)
    {
        if (_flows.TryGet(client, out var flow))
        {
            return flow;
        }

        var server = await tunnel.ConnectUdpAsync(_destination, _stopping.Token).ConfigureAwait(false);
        var key = new SocketAddress(client.Family, client.Size);
        client.Buffer.Span[..client.Size].CopyTo(key.Buffer.Span);
        flow = new UdpForwardFlow(_socket, key, server, Traffic, _logger, _time);
        _flows.Add(key, flow);
        return flow;
    }
}
