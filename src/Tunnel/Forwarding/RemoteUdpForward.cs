using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Onetun.NetStack;
using Onetun.Tunnel.Resources;

namespace Onetun.Tunnel.Forwarding;

/// <summary>
/// Carries the datagrams of a port of our address in the WireGuard network to one destination on this side.
/// </summary>
internal sealed class RemoteUdpForward : IForward
{
    private readonly EndPoint _destination;
    private readonly LocalDialer _local;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly FlowTable<UdpSocket, RemoteUdpFlow> _flows;
    private readonly DescriptorShare _descriptors;
    private readonly CancellationTokenSource _stopping = new();
    private IPEndPoint _source;
    private SocketListener<UdpSocket>? _listener;
    private Task _accepting = Task.CompletedTask;

    public RemoteUdpForward(
        IPEndPoint source,
        EndPoint destination,
        LocalDialer local,
        UdpLimits limits,
        ILogger logger,
        TimeProvider? time = null,
        DescriptorBudget? descriptors = null)
    {
        _source = source;
        _local = local;
        _destination = destination;
        _logger = logger;
        _time = time ?? TimeProvider.System;
        _descriptors = (descriptors ?? new DescriptorBudget(logger)).Open();
        _flows = new FlowTable<UdpSocket, RemoteUdpFlow>(_time, limits.IdleTimeout, limits.MaximumFlows);
    }

    public EndPoint Source => _source;

    public Traffic Traffic { get; } = new();

    public void Start(TunnelDialer tunnel)
    {
        _listener = tunnel.Tunnel.ListenUdp(_source);
        _source = _listener.LocalEndPoint;
        _accepting = AcceptAsync(tunnel.Tunnel, _listener);
    }

    public Task CloseAsync() => StopAsync(CancellationToken.None);

    public async Task StopAsync(CancellationToken hurry)
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        if (_listener is not null)
        {
            await _listener.DisposeAsync().ConfigureAwait(false);
        }

        await _accepting.ConfigureAwait(false);
        await _flows.DisposeAsync().ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync(CancellationToken.None).ConfigureAwait(false);
        _stopping.Dispose();
        _descriptors.Dispose();
    }

    private async Task AcceptAsync(TunnelNetwork tunnel, SocketListener<UdpSocket> listener)
    {
        while (await listener.AcceptAsync().ConfigureAwait(false) is { } client)
        {
            await ServeAsync(tunnel, client).ConfigureAwait(false);
        }
    }

    private async ValueTask ServeAsync(TunnelNetwork tunnel, UdpSocket client)
    {
        while (!_descriptors.TryTake(_source))
        {
            if (!_flows.TryEndOne())
            {
                await client.DisposeAsync().ConfigureAwait(false);
                return;
            }
        }

        try
        {
            var server = await _local.ConnectUdpAsync(_destination, _stopping.Token).ConfigureAwait(false);
            _flows.Add(client, new RemoteUdpFlow(tunnel, client, server, _descriptors, Traffic, _logger, _time));
        }
        catch (Exception error) when (error is SocketException or OperationCanceledException)
        {
            if (error is SocketException)
            {
                Traffic.Fail();
                _logger.ConnectFailed(client.RemoteEndPoint, _destination, error.Message);
            }

            _descriptors.Release();
            await client.DisposeAsync().ConfigureAwait(false);
        }
    }
}
