using System.Net;
using System.Net.Sockets;
using ARSoft.Tools.Net.Dns;

namespace Onetun.Tunnel.Names;

/// <summary>A way for DNS messages through the tunnel: one connection for each question.</summary>
internal abstract class DnsTransport : IClientTransport
{
    private const int Port = 53;

    public abstract ushort MaximumAllowedQuerySize { get; }

    public abstract bool SupportsReliableTransfer { get; }

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
            return await ConnectAsync(new IPEndPoint(endpointInfo.DestinationAddress, Port), token).ConfigureAwait(false);
        }
        catch (Exception error) when (IsFailure(error))
        {
            return null;
        }
    }

    public void Dispose()
    {
    }

    /// <summary>What a tunnel or a resolver does to a connection; the library goes on without it.</summary>
    public static bool IsFailure(Exception error) =>
        error is OperationCanceledException or SocketException or IOException or ObjectDisposedException;

    protected abstract ValueTask<DnsConnection> ConnectAsync(IPEndPoint server, CancellationToken cancellationToken);
}
