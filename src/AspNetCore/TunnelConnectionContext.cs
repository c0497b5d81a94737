using System.IO.Pipelines;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Onetun.Tunnel;
using Onetun.WireGuard;

namespace Onetun.AspNetCore;

/// <summary>
/// A connection in a network, as Kestrel has its connections: Kestrel reads what arrived where the stack has put it, and writes to
/// where the stack sends from.
/// </summary>
internal sealed class TunnelConnectionContext : DefaultConnectionContext, IDuplexPipe, ITunnelConnectionFeature
{
    private readonly TunnelConnection _connection;
    private ConnectionAbortedException? _abortReason;

    public TunnelConnectionContext(TunnelConnection connection)
        : base(Guid.NewGuid().ToString("N"))
    {
        _connection = connection;
        Input = new TransportReader(connection.Input, this);
        Output = new TransportWriter(connection.Output);
        Transport = this;
        LocalEndPoint = connection.LocalEndPoint;
        RemoteEndPoint = connection.RemoteEndPoint;
        ConnectionClosed = connection.Closed;
        Features.Set<ITunnelConnectionFeature>(this);
    }

    public PipeReader Input { get; }

    public PipeWriter Output { get; }

    public TunnelNetwork Network => _connection.Network;

    public PublicKey? Peer => _connection.Peer;

    public override void Abort(ConnectionAbortedException abortReason)
    {
        Interlocked.CompareExchange(ref _abortReason, abortReason, null);
        _connection.Abort();
    }

    public override async ValueTask DisposeAsync()
    {
        await Output.CompleteAsync().ConfigureAwait(false);
        await _connection.DisposeAsync().ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>What Kestrel knows a failure by, so that a client that goes away is none to be logged.</summary>
    public Exception Explain(IOException failure) => failure switch
    {
        _ when Volatile.Read(ref _abortReason) is { } reason => reason,
        { InnerException: SocketException { SocketErrorCode: SocketError.ConnectionReset } } => new ConnectionResetException(failure.Message, failure),
        _ => failure,
    };
}
