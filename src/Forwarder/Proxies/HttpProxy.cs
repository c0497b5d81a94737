using System.Net;
using System.Net.Sockets;
using System.Text;
using Onetun.Forwarder.Common;
using Onetun.Forwarder.Http;
using Onetun.Tunnel.Forwarding;
using Onetun.Tunnel.Text;

namespace Onetun.Forwarder.Proxies;

/// <summary>An HTTP proxy (RFC 9110 §9.3.6 CONNECT, and RFC 9112 §3.2.2 for requests in plain text).</summary>
internal sealed class HttpProxy(ProxyCredentials? credentials) : IProxyProtocol
{
    private const int LongestHead = 64 * 1024;
    private const string Scheme = "http://";
    private const string Authorization = "Proxy-Authorization";

    public string Name => "HTTP";

    public async ValueTask<ProxyReading> ReadRequestAsync(IRelayEnd client, CancellationToken cancellationToken)
    {
        var (outcome, bytes) = await client.Input.ReadRequestHeadAsync(LongestHead, cancellationToken).ConfigureAwait(false);
        switch (outcome)
        {
            case HeadOutcome.None:
                return default;
            case HeadOutcome.CutOff:
                throw new InvalidDataException("The client closed the connection in the middle of its request.");
            case HeadOutcome.TooLong:
                // RFC 6585 §5 has this status for it.
                return await RefuseAsync(client, "431 Request Header Fields Too Large", $"takes heads of at most {LongestHead} bytes")
                    .ConfigureAwait(false);
            case HeadOutcome.BareLineFeed:
                return await RefuseAsync(client, "400 Bad Request", "takes lines that end in CR LF, not in LF alone").ConfigureAwait(false);
            default:
                break;
        }

        var head = outcome == HeadOutcome.Whole ? RequestHead.Parse(bytes) : null;
        if (head is not null && !IsAuthorized(head))
        {
            const string field = "Proxy-Authenticate: Basic realm=\"onetun\"\r\n";
            await SendAsync(client, "407 Proxy Authentication Required", "wants a name and a password", field)
                .ConfigureAwait(false);
            // One that has them, but gives none until it is asked, has not failed.
            return head.Values(Authorization).Any() ? ProxyReading.RefusedLogin() : default;
        }

        if (head is not null && MessageBody.IsOfUnknownCoding(head))
        {
            return await RefuseAsync(client, "501 Not Implemented", "does not know this transfer coding").ConfigureAwait(false);
        }

        var (request, reason) = head is null
            ? (null, "cannot read the head of this request")
            : Read(head);
        return request ?? await RefuseAsync(client, "400 Bad Request", reason!).ConfigureAwait(false);
    }

    public bool Speaks(byte first) => HttpSyntax.MayBegin(first);

    public ValueTask AcceptAsync(IRelayEnd client, ProxyRequest request, IPEndPoint? relay) => request.Plain is null
        ? client.WriteAsync("HTTP/1.1 200 Connection established\r\n\r\n"u8.ToArray())
        : ValueTask.CompletedTask;

    public ValueTask RefuseAsync(IRelayEnd client, ProxyRequest request, SocketException error) =>
        SendAsync(
            client,
            error.SocketErrorCode == SocketError.TimedOut ? "504 Gateway Timeout" : "502 Bad Gateway",
            $"cannot reach {request.Destination}: {error.Message}");

    // RFC 9112 §3.2 asks for a Host. One that is missing does no harm, for the server gets that of the target.
    private static bool IsHost(string text) => text.Length == 0
        || HostText.TryParseHostAndPort(text, 1, out _, out _) || HostText.TryParseHostAndPort($"{text}:80", 1, out _, out _);

    /// <summary>What a head asks for, or what is wrong with it.</summary>
    private static (ProxyRequest? Request, string? Reason) Read(RequestHead head)
    {
        if (!head.Values("Host").All(IsHost))
        {
            return (null, "needs a valid Host");
        }

        // Another server may be meant than the one that it looks like (RFC 9110 §4.2.4)
        if (Split(head.Target)?.Authority.Contains('@', StringComparison.Ordinal) ?? false)
        {
            return (null, "takes no user and password before the host: they belong in Authorization");
        }

        if (MessageBody.Of(head) is not { } body)
        {
            return (null, "cannot tell where the body of this request ends");
        }

        return (head.Method == "CONNECT" ? ForConnect(head, body) : ForPlain(head, body)) is { } request
            ? (request, null)
            : (null, "takes CONNECT host:port, and http:// requests");
    }

    // What follows CONNECT is for the tunnel (RFC 9110 §9.3.6), so there is no body that somebody else could find.
    private static ProxyRequest? ForConnect(RequestHead head, MessageBody body) =>
        body.IsComplete && HostText.TryParseHostAndPort(head.Target, 1, out var host, out var port)
            ? new ProxyRequest(NamedEndPoint.Of(host, port))
            : null;

    /// <summary>The request as its server expects it.</summary>
    private static ProxyRequest? ForPlain(RequestHead head, MessageBody body)
    {
        if (Split(head.Target) is not var (authority, path))
        {
            return null;
        }

        if (!HostText.TryParseHostAndPort(authority, 1, out var host, out var port)
            && !HostText.TryParseHostAndPort($"{authority}:80", 1, out host, out port))
        {
            return null;
        }

        // A proxy does not keep the connection of an HTTP/1.0 client (RFC 9112 §9.3).
        var isKept = head.Version == "HTTP/1.1" && !head.Fields.HasMember("Connection", "close");
        var protocols = isKept ? ProtocolsOf(head) : [];
        return new ProxyRequest(NamedEndPoint.Of(host, port))
        {
            Plain = new PlainRequest(head.Method, Write(head, authority, path, isKept, protocols), body)
            {
                IsKept = isKept,
                WaitsForContinue = !body.IsComplete && head.Fields.HasMember("Expect", "100-continue"),
                AsksToUpgrade = protocols.Length > 0,
            },
        };
    }

    /// <summary>
    /// The authority of an http:// URI, and what follows it, which is the server's to understand, letter by letter (RFC 9110 §7.7).
    /// </summary>
    private static (string Authority, string Path)? Split(string target)
    {
        if (!target.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        var rest = target[Scheme.Length..];
        var end = rest.AsSpan().IndexOfAny('/', '?');
        return end < 0 ? (rest, "") : (rest[..end], rest[end..]);
    }

    /// <summary>
    /// What the client would rather speak to the server (RFC 9110 §7.8), all but HTTP/2: its connection would then be that of
    /// one server, and the next request is perhaps for another.
    /// </summary>
    private static string[] ProtocolsOf(RequestHead head) => head.Fields.HasMember("Connection", "Upgrade")
        ? [.. head.Fields.Members("Upgrade").Where(protocol => protocol.Length > 0 && !protocol.Equals("h2c", StringComparison.OrdinalIgnoreCase))]
        : [];

    private static byte[] Write(RequestHead head, string authority, string path, bool isKept, string[] protocols)
    {
        // The origin form, or that with an asterisk (RFC 9112 §3.2.1, §3.2.4).
        var target = path switch
        {
            "" => head.Method == "OPTIONS" ? "*" : "/",
            ['?', ..] => $"/{path}",
            _ => path,
        };
        // The version stays the client's own: a server must not answer an older one in chunks (RFC 9112 §7).
        var text = new StringBuilder($"{head.Method} {target} {head.Version}\r\nHost: {authority}\r\n");
        foreach (var (name, value) in head.Fields.PassedOn("Host", Authorization))
        {
            text.Append(name).Append(": ").Append(value).Append("\r\n");
        }

        text.Append(
            !isKept ? "Connection: close\r\n"
            : protocols.Length > 0 ? $"Upgrade: {string.Join(", ", protocols)}\r\nConnection: Upgrade\r\n"
            : "");
        return Encoding.Latin1.GetBytes(text.Append("\r\n").ToString());
    }

    private bool IsAuthorized(RequestHead head)
    {
        const string scheme = "Basic ";
        if (credentials is null)
        {
            return true;
        }

        var value = head.Values(Authorization).FirstOrDefault("");
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

    /// <summary>What we say ourselves, as the last on a connection.</summary>
    public static byte[] Response(string status, string reason, string fields = "")
    {
        var text = $"The proxy {reason}.\n";
        return Encoding.ASCII.GetBytes(
            $"HTTP/1.1 {status}\r\n{fields}Content-Type: text/plain\r\nContent-Length: {text.Length}\r\nConnection: close\r\n\r\n{text}");
    }

    private static async ValueTask<ProxyReading> RefuseAsync(IRelayEnd client, string status, string reason)
    {
        await SendAsync(client, status, reason).ConfigureAwait(false);
        return ProxyReading.Refused($"the proxy {reason}");
    }

    private static ValueTask SendAsync(IRelayEnd client, string status, string reason, string fields = "") =>
        client.WriteAsync(Response(status, reason, fields));
}
