using System.IO.Pipelines;
using System.Net.Sockets;
using Onetun.Forwarder.Forwarding;

namespace Onetun.Forwarder.Proxies;

/// <summary>A client of which one request is carried (RFC 9112 §9.6): it is told so.</summary>
internal sealed class PlainRequestEnd(IRelayEnd client, RequestBody body) : IRelayEnd
{
    private readonly BodyReader _input = new(client.Input, body);
    private readonly ClosingResponse _response = new(client.WriteAsync);

    public PipeReader Input => _input;

    public ValueTask WriteAsync(ReadOnlyMemory<byte> data) => _response.WriteAsync(data);

    public async ValueTask EndOutputAsync()
    {
        await _response.EndAsync().ConfigureAwait(false);
        await client.EndOutputAsync().ConfigureAwait(false);
        _input.Linger(Proxy.LingerTime);
    }

    public bool IsDelivered => client.IsDelivered;

    public bool IsSent => client.IsSent;

    public SocketError ProbeInput() => client.ProbeInput();

    public SocketError ProbeOutput() => client.ProbeOutput();

    public void Abort() => client.Abort();

    public async ValueTask DisposeAsync()
    {
        await client.DisposeAsync().ConfigureAwait(false);
        _input.Dispose();
    }
}
