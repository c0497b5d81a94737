using System.Net;
using System.Net.Sockets;
using System.Text;
using Onetun.Forwarder.Http;
using Onetun.Forwarder.Proxies;
using Onetun.Tunnel.Forwarding;
using Onetun.Tunnel.Text;

namespace Onetun.Forwarder.Gate;

/// <summary>
/// How another process of this user asks for a connection through our tunnel: "CONNECT host:port" and an empty line; the
/// answer is "OK", or "NO" and the reason, and an empty line.
/// </summary>
internal sealed class GateProtocol : IProxyProtocol
{
    /// <summary>The most bytes of a question or an answer.</summary>
    public const int Longest = 1024;

    private const string Question = "CONNECT ";
    private const string Yes = "OK";
    private const string No = "NO ";
    private const string End = "\r\n\r\n";

    public string Name => "Gate";

    public bool Speaks(byte first) => first == (byte)Question[0];

    public async ValueTask<ProxyReading> ReadRequestAsync(IRelayEnd client, CancellationToken cancellationToken)
    {
        var (outcome, head) = await client.Input.ReadHeadAsync(Longest, cancellationToken).ConfigureAwait(false);
        var text = Encoding.UTF8.GetString(head);
        return outcome == HeadOutcome.Whole && text.StartsWith(Question, StringComparison.Ordinal)
            && HostText.TryParseHostAndPort(text[Question.Length..^End.Length], 1, out var host, out var port)
                ? new ProxyRequest(NamedEndPoint.Of(host, port))
                : throw new InvalidDataException("It does not ask for a host and port.");
    }

    public ValueTask AcceptAsync(IRelayEnd client, ProxyRequest request, IPEndPoint? relay = null) => SayAsync(client, Yes);

    public ValueTask RefuseAsync(IRelayEnd client, ProxyRequest request, SocketException error) =>
        SayAsync(client, $"{No}{error.Message}");

    /// <summary>Asks for a connection; the reason if it could not be had.</summary>
    /// <exception cref="EndOfStreamException">There was no answer.</exception>
    public static async Task<string?> AskAsync(IRelayEnd gate, EndPoint destination, CancellationToken cancellationToken)
    {
        await SayAsync(gate, $"{Question}{destination}").ConfigureAwait(false);
        var (outcome, head) = await gate.Input.ReadHeadAsync(Longest, cancellationToken).ConfigureAwait(false);
        if (outcome != HeadOutcome.Whole)
        {
            throw new EndOfStreamException();
        }

        var answer = Encoding.UTF8.GetString(head)[..^End.Length];
        return answer == Yes ? null : SafeText.Of(answer.StartsWith(No, StringComparison.Ordinal) ? answer[No.Length..] : answer);
    }

    private static ValueTask SayAsync(IRelayEnd end, string text) => end.WriteAsync(Encoding.UTF8.GetBytes(text + End));
}
