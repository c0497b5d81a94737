using System.Net;
using Microsoft.AspNetCore.Connections;
using Onetun.Tunnel;

namespace Onetun.AspNetCore;

/// <summary>A port in a network, as Kestrel has its ports.</summary>
internal sealed class TunnelConnectionListener(TunnelListener listener) : IConnectionListener
{
    public EndPoint EndPoint => listener.LocalEndPoint;

    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default) =>
        await listener.AcceptAsync(cancellationToken).ConfigureAwait(false) is { } connection
            ? new TunnelConnectionContext(connection)
            : null;

    public ValueTask UnbindAsync(CancellationToken cancellationToken = default) => listener.DisposeAsync();

    public ValueTask DisposeAsync() => listener.DisposeAsync();
}
