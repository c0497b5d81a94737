using System.Net;
using System.Net.Sockets;
using System.Text;
using Onetun.Forwarder.Configuration;
using Onetun.Forwarder.Forwarding;
using Onetun.Forwarder.Names;

namespace Onetun.Forwarder.Proxies;

/// <summary>An HTTP proxy (RFC 9110 §9.3.6 CONNECT, and RFC 9112 §3.2.2 for requests in plain text).</summary>
internal sealed class HttpProxy(ProxyCredentials? credentials) : IProxyProtocol
{
    private const int LongestHead = 64 * 1024;

    // Of the connection to us, not of the request (RFC 9110 §7.6.1), and what we say ourselves.
    private static readonly string[] NotPassedOn =
        ["Connection", "Proxy-Connection", "Proxy-Authorization", "Keep-Alive", "TE", "Upgrade", "Host"];

    // Without them nobody finds the end of the body.
    private static readonly string[] AlwaysPassedOn = ["Content-Length", "Transfer-Encoding"];

    public string Name => "HTTP";

    public async ValueTask<ProxyRequest?> ReadRequestAsync(IRelayEnd client, CancellationToken cancellationToken)
    {
        var (outcome, bytes) = await client.Input.ReadHeadAsync(LongestHead, cancellationToken).ConfigureAwait(false);
        switch (outcome)
        {
            case HeadOutcome.None:
                return null;
            case HeadOutcome.CutOff:
                throw new InvalidDataException("The client ended in the middle of its request.");
            case HeadOutcome.TooLong:
                // RFC 6585 §5
                await SendAsync(client, "431 Request Header Fields Too Large", $"takes heads of at most {LongestHead} bytes")
                    .ConfigureAwait(false);
                return null;
            case HeadOutcome.BareLineFeed:
                await SendAsync(client, "400 Bad Request", "takes lines that end in CR LF, not in LF alone").ConfigureAwait(false);
                return null;
            default:
                break;
        }

        var head = outcome == HeadOutcome.Whole ? RequestHead.Parse(bytes) : null;
        if (head is not null && !IsAuthorized(head))
        {
            const string field = "Proxy-Authenticate: Basic realm=\"onetun\"\r\n";
            await SendAsync(client, "407 Proxy Authentication Required", "wants a name and a password", field)
                .ConfigureAwait(false);
            return null;
        }

        if (head is not null && RequestBody.IsOfUnknownCoding(head))
        {
            await SendAsync(client, "501 Not Implemented", "does not know this transfer coding").ConfigureAwait(false);
            return null;
        }

        var request = head is null || !head.Values("Host").All(IsHost) ? null : head.Method == "CONNECT" ? ForConnect(head) : ForPlain(head);
        if (request is null)
        {
            await SendAsync(client, "400 Bad Request", "takes CONNECT host:port, and http:// requests").ConfigureAwait(false);
        }

        return request;
    }

    public bool Speaks(byte first) => HttpSyntax.MayBegin(first);

    public ValueTask AcceptAsync(IRelayEnd client, ProxyRequest request, IPEndPoint? relay) => request.Head is null
        ? client.WriteAsync("HTTP/1.1 200 Connection established\r\n\r\n"u8.ToArray())
        : ValueTask.CompletedTask;

    public ValueTask RefuseAsync(IRelayEnd client, ProxyRequest request, SocketException error) =>
        SendAsync(
            client,
            error.SocketErrorCode == SocketError.TimedOut ? "504 Gateway Timeout" : "502 Bad Gateway",
            $"cannot reach {request.Destination}: {error.Message}");

    // RFC 9112 §3.2; one that is missing is no matter, for the server gets that of the target
    private static bool IsHost(string text) => text.Length == 0
        || HostText.TryParseHostAndPort(text, 1, out _, out _) || HostText.TryParseHostAndPort($"{text}:80", 1, out _, out _);

    // RFC 9110 §9.3.6: what follows is for the tunnel, so there is no body that another could find
    private static ProxyRequest? ForConnect(RequestHead head) =>
        RequestBody.Of(head) is { IsComplete: true } && HostText.TryParseHostAndPort(head.Target, 1, out var host, out var port)
            ? new ProxyRequest(NamedEndPoint.Of(host, port))
            : null;

    /// <summary>The request as its server expects it: one on this connection, which it then closes.</summary>
    private static ProxyRequest? ForPlain(RequestHead head)
    {
        const string scheme = "http://";
        if (!head.Target.StartsWith(scheme, StringComparison.OrdinalIgnoreCase)
            || RequestBody.Of(head) is not { } body)
        {
            return null;
        }

        // .. what is behind the authority is the server's to understand, letter by letter (RFC 9110 §7.7)
        var rest = head.Target[scheme.Length..];
        var end = rest.AsSpan().IndexOfAny('/', '?');
        var (authority, path) = end < 0 ? (rest, "") : (rest[..end], rest[end..]);
        if (!HostText.TryParseHostAndPort(authority, 1, out var host, out var port)
            && !HostText.TryParseHostAndPort($"{authority}:80", 1, out host, out port))
        {
            return null;
        }

        return new ProxyRequest(NamedEndPoint.Of(host, port)) { Head = Write(head, authority, path), Body = body };
    }

    private static byte[] Write(RequestHead head, string authority, string path)
    {
        // RFC 9112 §3.2.1, §3.2.4
        var target = path switch
        {
            "" => head.Method == "OPTIONS" ? "*" : "/",
            ['?', ..] => $"/{path}",
            _ => path,
        };
        var dropped = head.Values("Connection")
            .SelectMany(HttpSyntax.Members)
            .Except(AlwaysPassedOn, StringComparer.OrdinalIgnoreCase)
            .Concat(NotPassedOn)
            .ToHashSet(StringComparer.OrdinalIgnoreCase);
        // .. the client's own version: a server must not answer an older one in chunks (RFC 9112 §7)
        var text = new StringBuilder($"{head.Method} {target} {head.Version}\r\nHost: {authority}\r\n");
        foreach (var (name, value) in head.Fields.Where(field => !dropped.Contains(field.Name)))
        {
            text.Append(name).Append(": ").Append(value).Append("\r\n");
        }

        return Encoding.Latin1.GetBytes(text.Append("Connection: close\r\n\r\n").ToString());
    }

    private bool IsAuthorized(RequestHead head)
    {
        const string scheme = "Basic ";
        if (credentials is null)
        {
            return true;
        }

        var value = head.Values("Proxy-Authorization").FirstOrDefault("");
        var buffer = new byte[value.Length];
        if (!value.StartsWith(scheme, StringComparison.OrdinalIgnoreCase)
            || !Convert.TryFromBase64String(value[scheme.Length..].TrimStart(' '), buffer, out var length))
        {
            return false;
        }

        var given = buffer.AsSpan(0, length);
        var colon = given.IndexOf((byte)':');
        return colon >= 0 && credentials.Match(given[..colon], given[(colon + 1)..]);
    }

    private static ValueTask SendAsync(IRelayEnd client, string status, string reason, string fields = "")
    {
        var text = $"The proxy {reason}.\n";
        return client.WriteAsync(Encoding.ASCII.GetBytes(
            $"HTTP/1.1 {status}\r\n{fields}Content-Type: text/plain\r\nContent-Length: {text.Length}\r\nConnection: close\r\n\r\n{text}"));
    }
}
