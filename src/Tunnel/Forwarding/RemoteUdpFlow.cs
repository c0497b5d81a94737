using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Onetun.NetStack;
using Onetun.Tunnel.Resources;
using Onetun.WireGuard;

namespace Onetun.Tunnel.Forwarding;

/// <summary>One client inside the WireGuard network, and the local socket that speaks for it.</summary>
internal sealed class RemoteUdpFlow : DatagramFlow
{
    private readonly TunnelNetwork _tunnel;
    private readonly UdpSocket _client;
    private readonly DatagramPort _local;
    private readonly UdpEndPoint _server;
    private readonly DescriptorShare _descriptors;
    private readonly Traffic _traffic;
    private readonly ILogger _logger;
    private readonly int _port;
    private readonly Task _relaying;

    /// <summary>Takes over the sockets, and the descriptor of the local one.</summary>
    public RemoteUdpFlow(
        TunnelNetwork tunnel,
        UdpSocket client,
        Socket server,
        DescriptorShare descriptors,
        Traffic traffic,
        ILogger logger,
        TimeProvider time)
        : base(traffic, time)
    {
        _tunnel = tunnel;
        _client = client;
        _descriptors = descriptors;
        _traffic = traffic;
        _logger = logger;
        _port = client.LocalEndPoint.Port;
        _server = UdpEndPoint.From((IPEndPoint)server.RemoteEndPoint!);
        _local = new DatagramPort(server, Tell, DatagramBatches.Messages);
        traffic.Start();
        logger.FlowStarted(_port, client.RemoteEndPoint);
        // Nothing on the way of a datagram waits, where sends do not (DatagramPort)
        client.ContinuesInline = OperatingSystem.IsLinux();
        _relaying = Task.WhenAll(TunnelDatagrams.ReadAllAsync(client, _port, logger, Forward, _local.SendAnswers), ReturnAsync());
    }

    public override async ValueTask DisposeAsync()
    {
        await _client.DisposeAsync().ConfigureAwait(false);
        _local.Dispose();
        _descriptors.Release();
        await _relaying.ConfigureAwait(false);
        _traffic.End();
    }

    private void Forward(ReadOnlyMemory<byte> datagram)
    {
        OnUp(datagram.Length);
        _local.Answer(_server, datagram.Span);
    }

    private async Task ReturnAsync()
    {
        while (true)
        {
            try
            {
                await _local.WaitAsync().ConfigureAwait(false);
                ReturnAll();
            }
            catch (SocketException error) when (error.SocketErrorCode != SocketError.OperationAborted)
            {
                Tell(error.SocketErrorCode);
            }
            catch (Exception error) when (error is SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private void ReturnAll()
    {
        var batch = DatagramBatches.RentReceived(_local);
        try
        {
            while (_local.TryReceive(batch) > 0)
            {
                _tunnel.SendTogether((Flow: this, Batch: batch), static all => all.Flow.Return(all.Batch));
            }
        }
        finally
        {
            DatagramBatches.Return(batch);
        }
    }

    private void Return(ReceiveBatch batch)
    {
        for (var i = 0; i < batch.Count; i++)
        {
            OnDown(batch[i].Length);
            TunnelDatagrams.Forward(_client, batch[i]);
        }
    }

    private void Tell(SocketError error) => _logger.FlowError(_port, new SocketException((int)error).Message);
}
