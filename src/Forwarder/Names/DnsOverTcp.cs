using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using ARSoft.Tools.Net.Dns;
using Onetun.NetStack;
using Onetun.Tunnel;

namespace Onetun.Forwarder.Names;

/// <summary>Carries DNS messages over a connection through the tunnel, for those that do not fit a datagram.</summary>
internal sealed class DnsOverTcp(WireGuardTunnel tunnel) : IClientTransport
{
    /// <summary>RFC 1035 §4.2.2: a length of two bytes is in front.</summary>
    public ushort MaximumAllowedQuerySize => ushort.MaxValue;

    public bool SupportsReliableTransfer => true;

    public bool SupportsMulticastTransfer => false;

    public bool SupportsPooledConnections => false;

    public Task<IClientConnection?> GetPooledConnectionAsync(
        DnsClientEndpointInfo endpointInfo, CancellationToken token = default) =>
        Task.FromResult<IClientConnection?>(null);

    public async Task<IClientConnection?> ConnectAsync(
        DnsClientEndpointInfo endpointInfo, int queryTimeout, CancellationToken token = default)
    {
        try
        {
            var server = new IPEndPoint(endpointInfo.DestinationAddress, DnsOverUdp.Port);
            return new Connection(this, await tunnel.ConnectTcpAsync(server, token).ConfigureAwait(false));
        }
        catch (Exception error)
            when (error is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            return null;
        }
    }

    public void Dispose()
    {
    }

    private sealed class Connection(DnsOverTcp transport, TcpSocket socket) : IClientConnection
    {
        private readonly Stream _stream = socket.AsStream();

        public IClientTransport Transport => transport;

        public bool IsFaulty { get; private set; }

        public async Task<bool> SendAsync(DnsRawPackage package, CancellationToken token = default)
        {
            try
            {
                await _stream.WriteAsync(package.ToArraySegment(true), token).ConfigureAwait(false);
                return true;
            }
            catch (Exception error)
                when (error is OperationCanceledException or SocketException or IOException or ObjectDisposedException)
            {
                return false;
            }
        }

        public async Task<DnsReceivedRawPackage?> ReceiveAsync(
            DnsMessageIdentification identification, CancellationToken token = default)
        {
            try
            {
                var prefix = new byte[2];
                await _stream.ReadExactlyAsync(prefix, token).ConfigureAwait(false);
                var message = new byte[BinaryPrimitives.ReadUInt16BigEndian(prefix)];
                await _stream.ReadExactlyAsync(message, token).ConfigureAwait(false);
                return DnsPackage.TryRead(message, socket.RemoteEndPoint, socket.LocalEndPoint);
            }
            catch (Exception error)
                when (error is OperationCanceledException or SocketException or IOException or ObjectDisposedException)
            {
                return null;
            }
        }

        public void RestartIdleTimeout(TimeSpan? timeout)
        {
        }

        public void MarkFaulty() => IsFaulty = true;

        public void Dispose()
        {
            socket.Abort();
            _ = socket.DisposeAsync().AsTask();
        }
    }
}
