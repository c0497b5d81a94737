using System.IO.Pipelines;
using Onetun.Forwarder.Forwarding;

namespace Onetun.Forwarder.Proxies;

/// <summary>A client of which one request is carried (RFC 9112 §9.6): it learns from the end that a further one was not.</summary>
internal sealed class PlainRequestEnd(IRelayEnd client, RequestBody body) : IRelayEnd
{
    private readonly BodyReader _input = new(client.Input, body);

    public PipeReader Input => _input;

    public ValueTask WriteAsync(ReadOnlyMemory<byte> data) => client.WriteAsync(data);

    public async ValueTask EndOutputAsync()
    {
        await client.EndOutputAsync().ConfigureAwait(false);
        _input.Linger(Proxy.LingerTime);
    }

    public void Abort() => client.Abort();

    public async ValueTask DisposeAsync()
    {
        await client.DisposeAsync().ConfigureAwait(false);
        _input.Dispose();
    }
}
