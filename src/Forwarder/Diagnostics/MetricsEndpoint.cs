using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Logging;
using Onetun.Forwarder.Http;
using Onetun.Tunnel.Forwarding;
using Onetun.Tunnel.Resources;

namespace Onetun.Forwarder.Diagnostics;

/// <summary>Answers HTTP requests for the state of a forwarder, one on each connection, and has a page to look at it.</summary>
internal sealed class MetricsEndpoint : IAsyncDisposable
{
    private const int LongestHead = 16 * 1024;

    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(10);

    // Few clients look.
    private static readonly TcpLimits Limits = new() { MaximumConnections = 64 };

    // Of those who have not asked yet, the first makes room for the next: a crowd that says nothing must not hide from an
    // orchestrator that the process lives.
    private const int MostSilent = 4;

    private readonly LinkedList<CancellationTokenSource> _silent = [];
    private readonly ConnectionSet _connections;
    private readonly LocalListener _listener;
    private readonly StatusPage _page = StatusPage.Read();
    private readonly AdmittedHosts _hosts;
    private IForwarderState? _state;
    private ForwarderMeter? _meter;
    private PageSource? _source;

    /// <summary>Takes the port.</summary>
    /// <exception cref="SocketException">It cannot be had.</exception>
    public MetricsEndpoint(IPEndPoint endPoint, AdmittedHosts hosts, ILogger logger, DescriptorBudget? descriptors = null)
    {
        _hosts = hosts;
        _connections = new ConnectionSet(new Traffic(), Limits, logger, descriptors: descriptors);
        _listener = LocalListener.Bind(endPoint, _connections, logger);
    }

    public EndPoint Source => _listener.EndPoint;

    /// <summary>Where a browser of this machine finds the page.</summary>
    public Uri Page
    {
        get
        {
            var source = (IPEndPoint)Source;
            var address = source.Address.Equals(IPAddress.Any) ? IPAddress.Loopback
                : source.Address.Equals(IPAddress.IPv6Any) ? IPAddress.IPv6Loopback
                : source.Address;
            return new Uri($"http://{new IPEndPoint(address, source.Port)}/");
        }
    }

    public void Start(IForwarderState state, ForwarderMeter meter)
    {
        _state = state;
        _meter = meter;
        _source = new PageSource(state);
        _listener.Start(ServeAsync);
    }

    public async ValueTask DisposeAsync()
    {
        await _listener.DisposeAsync().ConfigureAwait(false);
        if (_source is not null)
        {
            await _source.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(_connections.Reset);
        patience.CancelAfter(RequestTimeout);
        var client = new LocalConnection(socket);
        await using (client.ConfigureAwait(false))
        {
            // A client that does not read its answer has no longer than that either.
            using var aborting = patience.Token.UnsafeRegister(static client => ((LocalConnection)client!).Abort(), client);
            try
            {
                var (outcome, head) = await ReadHeadAsync(client, patience).ConfigureAwait(false);
                if (outcome != HeadOutcome.None)
                {
                    await client.WriteAsync(Encoding.UTF8.GetBytes(Answer(outcome, head))).ConfigureAwait(false);
                    await client.EndOutputAsync().ConfigureAwait(false);
                }
            }
            catch (Exception error)
                when (error is IOException or SocketException or ObjectDisposedException or OperationCanceledException
                    or InvalidDataException)
            {
                client.Abort();
            }
        }
    }

    private async ValueTask<ReceivedHead> ReadHeadAsync(LocalConnection client, CancellationTokenSource patience)
    {
        var place = TakePlace(patience);
        try
        {
            return await client.Input.ReadRequestHeadAsync(LongestHead, patience.Token).ConfigureAwait(false);
        }
        finally
        {
            lock (_silent)
            {
                if (place.List is not null)
                {
                    _silent.Remove(place);
                }
            }
        }
    }

    private LinkedListNode<CancellationTokenSource> TakePlace(CancellationTokenSource patience)
    {
        lock (_silent)
        {
            if (_silent.Count == MostSilent)
            {
                // It ends before the next is taken: a crowd faster than that would have all the connections there may be.
                var first = _silent.First!.Value;
                _silent.RemoveFirst();
                first.Cancel();
            }

            return _silent.AddLast(patience);
        }
    }

    private string Answer(HeadOutcome outcome, byte[] head)
    {
        if (outcome == HeadOutcome.TooLong)
        {
            // RFC 6585 §5 has this status for it.
            return Response("431 Request Header Fields Too Large", "text/plain", "This head is too long.\n", withBody: true);
        }

        if (outcome != HeadOutcome.Whole || RequestHead.Parse(head) is not { } request)
        {
            return Response("400 Bad Request", "text/plain", "This is not an HTTP request.\n", withBody: true);
        }

        if (request.Method is not ("GET" or "HEAD"))
        {
            const string allowed = "Allow: GET, HEAD\r\n";
            return Response("405 Method Not Allowed", "text/plain", "Only GET and HEAD.\n", withBody: true, allowed);
        }

        var host = request.Values("Host").FirstOrDefault();
        if (host is null && request.Version != "HTTP/1.0")
        {
            // RFC 9112 §3.2
            return Response("400 Bad Request", "text/plain", "This request has no Host.\n", withBody: true);
        }

        if (host is not null && !_hosts.Admits(host))
        {
            const string reason = "Ask by address, for localhost or by a name without a dot; others are told by --metrics-host.\n";
            return Response("421 Misdirected Request", "text/plain", reason, withBody: true);
        }

        var withBody = request.Method == "GET";
        switch (request.Target.Split('?')[0])
        {
            case "/":
                return Response("200 OK", "text/html; charset=utf-8", _page.Html, withBody, $"Content-Security-Policy: {_page.Policy}\r\n");
            case "/status.json":
                return Response("200 OK", "application/json", _source!.Take(), withBody);
            case "/metrics":
                return Response("200 OK", "text/plain; version=0.0.4", PrometheusText.Of(_meter!), withBody);
            case "/livez":
                return Response("200 OK", "text/plain", "ok\n", withBody);
            case "/readyz":
                var readiness = _state!.Readiness;
                var status = readiness.IsReady ? "200 OK" : "503 Service Unavailable";
                return Response(status, "application/json", readiness.Describe(DateTime.UtcNow) + "\n", withBody);
            default:
                return Response("404 Not Found", "text/plain", "There are /, /status.json, /metrics, /livez and /readyz.\n", withBody);
        }
    }

    private static string Response(string status, string type, string body, bool withBody, string fields = "") =>
        $"HTTP/1.1 {status}\r\nContent-Type: {type}\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n{fields}"
        + "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\n"
        + $"Cross-Origin-Resource-Policy: same-origin\r\nConnection: close\r\n\r\n{(withBody ? body : "")}";
}
