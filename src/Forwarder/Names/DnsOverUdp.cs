using System.Buffers;
using System.Net;
using System.Net.Sockets;
using ARSoft.Tools.Net.Dns;
using Onetun.NetStack;
using Onetun.Tunnel;

namespace Onetun.Forwarder.Names;

/// <summary>Carries DNS messages as datagrams through the tunnel, each question from a port of its own (RFC 5452 §9.2).</summary>
internal sealed class DnsOverUdp(WireGuardTunnel tunnel, TimeSpan patience) : IClientTransport
{
    public const int Port = 53;

    // What is lost is asked for again by the caller.
    private readonly TimeSpan _patience = patience;

    /// <summary>RFC 1035 §4.2.1.</summary>
    public ushort MaximumAllowedQuerySize => 512;

    public bool SupportsReliableTransfer => false;

    public bool SupportsMulticastTransfer => false;

    public bool SupportsPooledConnections => false;

    public Task<IClientConnection?> GetPooledConnectionAsync(
        DnsClientEndpointInfo endpointInfo, CancellationToken token = default) =>
        Task.FromResult<IClientConnection?>(null);

    public Task<IClientConnection?> ConnectAsync(
        DnsClientEndpointInfo endpointInfo, int queryTimeout, CancellationToken token = default)
    {
        try
        {
            var socket = tunnel.ConnectUdp(new IPEndPoint(endpointInfo.DestinationAddress, Port));
            return Task.FromResult<IClientConnection?>(new Connection(this, socket));
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            return Task.FromResult<IClientConnection?>(null);
        }
    }

    public void Dispose()
    {
    }

    private sealed class Connection(DnsOverUdp transport, UdpSocket socket) : IClientConnection
    {
        public IClientTransport Transport => transport;

        public bool IsFaulty { get; private set; }

        public Task<bool> SendAsync(DnsRawPackage package, CancellationToken token = default)
        {
            socket.Send(package.ToArraySegment(false));
            return Task.FromResult(true);
        }

        public async Task<DnsReceivedRawPackage?> ReceiveAsync(
            DnsMessageIdentification identification, CancellationToken token = default)
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(token);
            patience.CancelAfter(transport._patience);
            try
            {
                while (true)
                {
                    var read = await socket.Input.ReadAsync(patience.Token).ConfigureAwait(false);
                    var bytes = read.Buffer.ToArray();
                    socket.Input.AdvanceTo(read.Buffer.End);
                    if (DnsPackage.TryRead(bytes, socket.RemoteEndPoint, socket.LocalEndPoint) is { } package
                        && package.MessageIdentification.Equals(identification))
                    {
                        return package;
                    }
                }
            }
            catch (Exception error)
                when (error is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                return null;
            }
        }

        public void RestartIdleTimeout(TimeSpan? timeout)
        {
        }

        public void MarkFaulty() => IsFaulty = true;

        // Gives up its port at once
        public void Dispose() => _ = socket.DisposeAsync().AsTask();
    }
}
