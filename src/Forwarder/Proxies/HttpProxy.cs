using System.Net.Sockets;
using System.Text;
using Onetun.Forwarder.Configuration;
using Onetun.Forwarder.Forwarding;

namespace Onetun.Forwarder.Proxies;

/// <summary>An HTTP proxy (RFC 9110 §9.3.6 CONNECT, and RFC 9112 §3.2.2 for requests in plain text).</summary>
internal sealed class HttpProxy(ProxyCredentials? credentials) : IProxyProtocol
{
    private const int LongestHead = 64 * 1024;

    // Of the connection to us, not of the request: RFC 9110 §7.6.1.
    private static readonly string[] HopByHop =
        ["CONNECTION", "PROXY-CONNECTION", "PROXY-AUTHORIZATION", "KEEP-ALIVE", "TE", "UPGRADE"];

    public string Name => "HTTP";

    public async ValueTask<ProxyRequest?> ReadRequestAsync(IRelayEnd client, CancellationToken cancellationToken)
    {
        if (await client.Input.ReadHeadAsync(LongestHead, cancellationToken).ConfigureAwait(false) is not { } head)
        {
            return null;
        }

        var lines = Encoding.Latin1.GetString(head).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        if (lines.Length == 0 || lines[0].Split(' ') is not [var method, var target, "HTTP/1.1" or "HTTP/1.0"])
        {
            await SendAsync(client, "400 Bad Request").ConfigureAwait(false);
            return null;
        }

        if (!IsAuthorized(lines))
        {
            const string field = "Proxy-Authenticate: Basic realm=\"onetun\"\r\n";
            await SendAsync(client, "407 Proxy Authentication Required", field).ConfigureAwait(false);
            return null;
        }

        if ((method == "CONNECT" ? ForConnect(target) : ForPlain(method, target, lines)) is { } request)
        {
            return request;
        }

        await SendAsync(client, "400 Bad Request").ConfigureAwait(false);
        return null;
    }

    public ValueTask AcceptAsync(IRelayEnd client, ProxyRequest request) => request.Head is null
        ? client.WriteAsync("HTTP/1.1 200 Connection established\r\n\r\n"u8.ToArray())
        : ValueTask.CompletedTask;

    public ValueTask RefuseAsync(IRelayEnd client, ProxyRequest request, SocketError error) =>
        SendAsync(client, error == SocketError.TimedOut ? "504 Gateway Timeout" : "502 Bad Gateway");

    private static ProxyRequest? ForConnect(string target) =>
        HostText.TryParseHostAndPort(target, 1, out var host, out var port) ? new ProxyRequest(host, port) : null;

    /// <summary>The request as its server expects it: one on this connection, which it then closes.</summary>
    private static ProxyRequest? ForPlain(string method, string target, string[] lines)
    {
        if (!Uri.TryCreate(target, UriKind.Absolute, out var uri) || uri.Scheme != Uri.UriSchemeHttp)
        {
            return null;
        }

        var head = new StringBuilder($"{method} {uri.PathAndQuery} HTTP/1.1\r\n");
        foreach (var line in lines[1..])
        {
            if (!HopByHop.Contains(line.Split(':')[0].ToUpperInvariant()))
            {
                head.Append(line).Append("\r\n");
            }
        }

        head.Append("Connection: close\r\n\r\n");
        return new ProxyRequest(uri.DnsSafeHost, uri.Port, Encoding.Latin1.GetBytes(head.ToString()));
    }

    private bool IsAuthorized(string[] lines)
    {
        const string field = "Proxy-Authorization: Basic ";
        if (credentials is null)
        {
            return true;
        }

        var line = Array.Find(lines, line => line.StartsWith(field, StringComparison.OrdinalIgnoreCase));
        var buffer = new byte[LongestHead];
        if (line is null || !Convert.TryFromBase64String(line[field.Length..].Trim(), buffer, out var length))
        {
            return false;
        }

        var given = buffer.AsSpan(0, length);
        var colon = given.IndexOf((byte)':');
        return colon >= 0 && credentials.Match(given[..colon], given[(colon + 1)..]);
    }

    private static ValueTask SendAsync(IRelayEnd client, string status, string fields = "") => client.WriteAsync(
        Encoding.ASCII.GetBytes($"HTTP/1.1 {status}\r\n{fields}Content-Length: 0\r\nConnection: close\r\n\r\n"));
}
