using System.Buffers;
using System.Net;
using System.Net.Sockets;
using Onetun.Forwarder.Forwarding;
using Onetun.Forwarder.Logging;
using Onetun.NetStack;

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
    private UdpSocket? _server;
    private byte[] _header = [];

    /// <summary>From the client to the destination.</summary>
    public void Forward(ReadOnlySpan<byte> datagram)
    {
        OnUp(datagram.Length);
        lock (_waiting)
        {
            if (_server is not null)
            {
                TunnelDatagrams.Forward(_server, datagram);
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
                server.ContinuesInline = true;
                await TunnelDatagrams.ReadAllAsync(server, port, association.Logger, ReturnAsync).ConfigureAwait(false);
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

            _server = server;
            while (_waiting.TryDequeue(out var datagram))
            {
                TunnelDatagrams.Forward(server, datagram);
            }
        }
    }

    // RFC 1928 §7: an answer has the header of a question, with where it comes from.
    private void SetHeader(IPEndPoint server)
    {
        _header = [0, 0, 0, .. SocksAddress.Write(server)];
    }

    private async ValueTask<int> ReturnAsync(ReadOnlyMemory<byte> datagram)
    {
        OnDown(datagram.Length);
        var length = _header.Length + datagram.Length;
        var answer = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            _header.CopyTo(answer, 0);
            datagram.CopyTo(answer.AsMemory(_header.Length));
            return await association.ReturnAsync(answer.AsMemory(0, length)).ConfigureAwait(false);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(answer);
        }
    }
}
