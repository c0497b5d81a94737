using System.Net;

namespace Onetun.NetStack;

/// <summary>Accepts TCP connections on an address inside the tunnel.</summary>
public sealed class TcpListener : IAsyncDisposable
{
    /// <summary>Where it listens.</summary>
    public IPEndPoint LocalEndPoint => throw new NotSupportedException();

    /// <summary>The next established connection.</summary>
    public ValueTask<TcpSocket> AcceptAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();

    /// <summary>Stops listening; connections not yet accepted are reset.</summary>
    public ValueTask DisposeAsync() => throw new NotSupportedException();
}
