using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Onetun.WireGuard;

namespace Onetun.Tunnel.Forwarding;

/// <summary>
/// Carries the datagrams of a local port to one destination behind the tunnel. Each client has a port of its own in
/// there, and gets back only what the destination sends to that port.
/// </summary>
internal sealed class UdpForward : IForward
{
    private readonly DatagramPort _port;
    private readonly EndPoint _destination;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly FlowTable<UdpEndPoint, UdpForwardFlow> _flows;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Dictionary<UdpEndPoint, Task> _beginning = [];
    private readonly int _mostBeginning;
    private readonly List<(UdpForwardFlow Flow, int At)> _known = [];
    private Task _receiving = Task.CompletedTask;

    /// <summary>Takes the port.</summary>
    /// <exception cref="SocketException">It cannot be had.</exception>
    public UdpForward(
        IPEndPoint source, EndPoint destination, UdpLimits limits, ILogger logger, TimeProvider? time = null)
    {
        _destination = destination;
        _logger = logger;
        _time = time ?? TimeProvider.System;
        _flows = new FlowTable<UdpEndPoint, UdpForwardFlow>(_time, limits.IdleTimeout, limits.MaximumFlows);
        _mostBeginning = limits.MaximumFlows;
        // These are ICMP errors of earlier replies.
        _port = new DatagramPort(source, error => _logger.DatagramDropped(Source, new SocketException((int)error).Message));
    }

    public EndPoint Source => _port.EndPoint;

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
        await Task.WhenAll(Beginning).ConfigureAwait(false);
        await _flows.DisposeAsync().ConfigureAwait(false);
        _port.Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync(CancellationToken.None).ConfigureAwait(false);
        _stopping.Dispose();
    }

    private async Task ReceiveAsync(TunnelDialer tunnel)
    {
        using var batch = _port.CreateBatch();
        while (!_stopping.IsCancellationRequested)
        {
            if (_port.TryReceive(batch) > 0)
            {
                Forward(tunnel, batch);
                continue;
            }

            try
            {
                await _port.WaitAsync(_stopping.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (SocketException error)
            {
                // This is the ICMP error of an earlier reply.
                _logger.DatagramDropped(Source, error.Message);
            }
        }
    }

    /// <summary>What came at one time goes into the tunnel at one time.</summary>
    private void Forward(TunnelDialer tunnel, ReceiveBatch batch)
    {
        _known.Clear();
        for (var i = 0; i < batch.Count; i++)
        {
            if (_flows.TryGet(batch.SourceOf(i), out var flow))
            {
                _known.Add((flow, i));
            }
            else
            {
                Begin(tunnel, batch.SourceOf(i), batch[i]);
            }
        }

        try
        {
            tunnel.Tunnel.SendTogether((_known, batch), static all =>
            {
                foreach (var (flow, at) in all._known)
                {
                    flow.Forward(all.batch[at]);
                }
            });
        }
        catch (ObjectDisposedException)
        {
            // The tunnel has just ended.
        }
    }

    private Task[] Beginning
    {
        get
        {
            lock (_beginning)
            {
                return [.. _beginning.Values];
            }
        }
    }

    // The clients that are known do not wait for a name that one more needs. Of what that one sends meanwhile, the first
    // datagram is kept.
    private void Begin(TunnelDialer tunnel, UdpEndPoint client, ReadOnlySpan<byte> datagram)
    {
        lock (_beginning)
        {
            // One that had begun may have become a flow meanwhile.
            if (_beginning.ContainsKey(client) || _beginning.Count >= _mostBeginning || _flows.TryGet(client, out _))
            {
                return;
            }

            var beginning = BeginAsync(tunnel, client, datagram.ToArray());
            // It takes itself out, and has done so already if it had nothing to wait for.
            if (!beginning.IsCompleted)
            {
                _beginning.Add(client, beginning);
            }
        }
    }

    private async Task BeginAsync(TunnelDialer tunnel, UdpEndPoint client, byte[] datagram)
    {
        try
        {
            var server = await tunnel.ConnectUdpAsync(_destination, _stopping.Token).ConfigureAwait(false);
            var flow = new UdpForwardFlow(_port, client, server, Traffic, _logger, _time);
            _flows.Add(client, flow);
            flow.Forward(datagram);
        }
        catch (OperationCanceledException)
        {
            // The forward ends.
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // There is no such name, no port left in the tunnel, or no tunnel.
            _logger.DatagramDropped(Source, error.Message);
        }
        finally
        {
            lock (_beginning)
            {
                _beginning.Remove(client);
            }
        }
    }
}
