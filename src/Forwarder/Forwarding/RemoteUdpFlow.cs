using System.Buffers;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Onetun.Forwarder.Logging;
using Onetun.Forwarder.Resources;
using Onetun.NetStack;

namespace Onetun.Forwarder.Forwarding;

/// <summary>One client inside the WireGuard network, and the local socket that speaks for it.</summary>
internal sealed class RemoteUdpFlow : DatagramFlow
{
    private readonly UdpSocket _client;
    private readonly Socket _server;
    private readonly DescriptorShare _descriptors;
    private readonly Traffic _traffic;
    private readonly ILogger _logger;
    private readonly int _port;
    private readonly Task _relaying;

    /// <summary>Takes over the sockets, and the descriptor of the local one.</summary>
    public RemoteUdpFlow(
        UdpSocket client, Socket server, DescriptorShare descriptors, Traffic traffic, ILogger logger, TimeProvider time)
        : base(traffic, time)
    {
        _descriptors = descriptors;
        _client = client;
        _server = server;
        _traffic = traffic;
        _logger = logger;
        traffic.Start();
        _port = client.LocalEndPoint.Port;
        logger.FlowStarted(_port, client.RemoteEndPoint);
        client.ContinuesInline = true;
        _relaying = Task.WhenAll(ForwardAsync(), ReturnAsync());
    }

    public override async ValueTask DisposeAsync()
    {
        await _client.DisposeAsync().ConfigureAwait(false);
        _server.Dispose();
        _descriptors.Release();
        await _relaying.ConfigureAwait(false);
        _traffic.End();
    }

    private Task ForwardAsync() => TunnelDatagrams.ReadAllAsync(_client, _port, _logger, datagram =>
    {
        OnUp(datagram.Length);
        return _server.SendAsync(datagram, SocketFlags.None);
    });

    private async Task ReturnAsync()
    {
        while (true)
        {
            try
            {
                await DatagramSocket.WaitAsync(_server).ConfigureAwait(false);
                await ReturnOneAsync().ConfigureAwait(false);
            }
            catch (SocketException error) when (error.SocketErrorCode != SocketError.OperationAborted)
            {
                _logger.FlowError(_port, error.Message);
            }
            catch (Exception error) when (error is SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async ValueTask ReturnOneAsync()
    {
        var buffer = ArrayPool<byte>.Shared.Rent(DatagramSocket.LongestDatagram);
        try
        {
            var length = await _server.ReceiveAsync(buffer, SocketFlags.None).ConfigureAwait(false);
            OnDown(length);
            TunnelDatagrams.Forward(_client, buffer.AsSpan(0, length));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
