using System.Net;
using System.Net.Sockets;
using Onetun.NetStack;
using Onetun.Tunnel;
using Onetun.Tunnel.Forwarding;

namespace Onetun.Forwarder.Proxies;

/// <summary>The datagrams of an association to and from one destination, by a port of their own in the tunnel.</summary>
internal sealed class AssociationFlow(UdpAssociation association, EndPoint destination)
    : DatagramFlow(association.Traffic, association.Time)
{
    // The most datagrams that wait while a name is looked up.
    private const int MostWaiting = 4;

    private readonly Queue<byte[]> _waiting = [];
    private readonly CancellationTokenSource _ending = new();
    private Task _running = Task.CompletedTask;
    private volatile UdpSocket? _server;
    private byte[] _header = [];

    /// <summary>It has its port in the tunnel, and nothing waits for that.</summary>
    public bool IsOpen => _server is not null;

    /// <summary>From the client to the destination. Once it is open it may be called within a turn of the tunnel.</summary>
    public void Forward(ReadOnlySpan<byte> datagram)
    {
        OnUp(datagram.Length);
        if (_server is { } server)
        {
            TunnelDatagrams.Forward(server, datagram);
            return;
        }

        lock (_waiting)
        {
            if (_server is { } opened)
            {
                TunnelDatagrams.Forward(opened, datagram);
            }
            else if (!_ending.IsCancellationRequested && _waiting.Count < MostWaiting)
            {
                _waiting.Enqueue(datagram.ToArray());
                // A name that had no address may have one by now.
                _running = _running.IsCompleted ? RunAsync() : _running;
            }
        }
    }

    public override async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync().ConfigureAwait(false);
        Task running;
        UdpSocket? server;
        lock (_waiting)
        {
            (running, server) = (_running, _server);
        }

        if (server is not null)
        {
            await server.DisposeAsync().ConfigureAwait(false);
        }

        await running.ConfigureAwait(false);
        _ending.Dispose();
    }

    private async Task RunAsync()
    {
        try
        {
            var server = await association.Dialer.ConnectUdpAsync(destination, _ending.Token).ConfigureAwait(false);
            await using (server.ConfigureAwait(false))
            {
                association.Traffic.Start();
                var port = server.LocalEndPoint.Port;
                association.Logger.FlowStarted(port, association.Client);
                SetHeader(server.RemoteEndPoint);
                SendWaiting(server);
                // Nothing on the way of an answer waits, where sends do not (DatagramPort)
                server.ContinuesInline = OperatingSystem.IsLinux();
                await TunnelDatagrams.ReadAllAsync(server, port, association.Logger, Return, association.SendAnswers)
                    .ConfigureAwait(false);
                association.Traffic.End();
            }
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // There is no such name, no port left in the tunnel, or no tunnel.
            association.Traffic.Fail();
            association.Logger.DatagramDropped(association.EndPoint, $"{destination}: {error.Message}");
            lock (_waiting)
            {
                _waiting.Clear();
            }
        }
        catch (OperationCanceledException)
        {
            // It ended before its name was known.
        }
    }

    private void SendWaiting(UdpSocket server)
    {
        lock (_waiting)
        {
            if (_ending.IsCancellationRequested)
            {
                // Whoever ended it may have looked before there was a socket to close.
                _ = server.DisposeAsync().AsTask();
                return;
            }

            while (_waiting.TryDequeue(out var datagram))
            {
                TunnelDatagrams.Forward(server, datagram);
            }

            _server = server;
        }
    }

    // RFC 1928 §7: an answer has the header of a question, with where it comes from.
    private void SetHeader(IPEndPoint server)
    {
        _header = [0, 0, 0, .. SocksAddress.Write(server)];
    }

    private void Return(ReadOnlyMemory<byte> datagram)
    {
        OnDown(datagram.Length);
        association.Return(_header, datagram.Span);
    }
}
