using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;
using Onetun.Tunnel.Forwarding;

namespace Onetun.Forwarder.Proxies;

/// <summary>
/// A request and its response, between two connections that may carry others after them (RFC 9112 §9.3). To a relay both
/// look as if they ended with them.
/// </summary>
internal sealed class PlainExchange : IDisposable
{
    private readonly RequestReader _request;
    private readonly ResponseReader _response;
    private readonly CancellationTokenSource _leaving = new();

    /// <param name="client">Sends the body, and takes the response.</param>
    /// <param name="server">Is sent the request.</param>
    /// <param name="request">Its head was read.</param>
    /// <param name="isFirst">No other was sent to the server on its connection.</param>
    public PlainExchange(IRelayEnd client, IRelayEnd server, PlainRequest request, bool isFirst)
    {
        _request = new RequestReader(client.Input, request);
        _response = new ResponseReader(server.Input, request, isFirst, () => _request.Answer(ResponseEnding.Upgraded));
        // A server that has answered the request without taking all of it would be waited for until it ends.
        _leaving.Token.UnsafeRegister(static server => ((IRelayEnd)server!).Abort(), server);
        Client = new ClientEnd(client, _request, _response, _leaving);
        Server = new ServerEnd(server, _request, _response);
    }

    public IRelayEnd Client { get; }

    public IRelayEnd Server { get; }

    /// <summary>Both were carried to their ends, and both connections are still open.</summary>
    public bool IsKept => _request.IsComplete && _response.Ending == ResponseEnding.Kept;

    public void Dispose()
    {
        _leaving.Dispose();
        _request.Dispose();
    }

    private sealed class ClientEnd(
        IRelayEnd client, RequestReader request, ResponseReader response, CancellationTokenSource leaving) : IRelayEnd
    {
        public PipeReader Input => request;

        public ValueTask WriteAsync(ReadOnlySequence<byte> data) => client.WriteAsync(data);

        public ValueTask EndOutputAsync()
        {
            var ending = response.Ending;
            if (ending == ResponseEnding.Closed)
            {
                leaving.CancelAfter(Proxy.LingerTime);
            }

            if (ending != ResponseEnding.Upgraded)
            {
                request.Answer(ending);
            }

            return ending == ResponseEnding.Kept ? ValueTask.CompletedTask : client.EndOutputAsync();
        }

        public bool IsDelivered => response.Ending == ResponseEnding.Kept ? client.IsSent : client.IsDelivered;

        public bool IsSent => client.IsSent;

        public SocketError ProbeInput() => client.ProbeInput();

        public SocketError ProbeOutput() => client.ProbeOutput();

        public void Abort() => client.Abort();

        public ValueTask DisposeAsync() => client.DisposeAsync();
    }

    private sealed class ServerEnd(IRelayEnd server, RequestReader request, ResponseReader response) : IRelayEnd
    {
        public PipeReader Input => response;

        public ValueTask WriteAsync(ReadOnlySequence<byte> data) => server.WriteAsync(data);

        // A client that has only sent the next request already waits for the response to this one.
        public ValueTask EndOutputAsync() => request.HasEnded ? server.EndOutputAsync() : ValueTask.CompletedTask;

        public bool IsDelivered => request.HasEnded ? server.IsDelivered : server.IsSent;

        public bool IsSent => server.IsSent;

        // A server that resets after a whole response has said all it had to say.
        public SocketError ProbeInput() => response.IsComplete ? SocketError.Success : server.ProbeInput();

        public SocketError ProbeOutput() => server.ProbeOutput();

        public void Abort() => server.Abort();

        public ValueTask DisposeAsync() => server.DisposeAsync();
    }
}
