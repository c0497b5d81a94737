using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Onetun.Forwarder.Http;
using Onetun.Forwarder.Proxies;
using Onetun.NetStack;
using Onetun.Tunnel.Forwarding;
using Xunit;

namespace Onetun.Forwarder.Tests;

public sealed class HttpProxyTests : IAsyncLifetime
{
    private const string Answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";
    private const string Ending = "Connection: close\r\n\r\n";

    private TunnelPair _pair = null!;
    private Proxy _proxy = null!;
    private SocketListener<TcpSocket> _server = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _pair = await TunnelPair.StartAsync();
        _server = _pair.Theirs.ListenTcp(80);
        _proxy = new Proxy(
            new IPEndPoint(IPAddress.Loopback, 0), [new HttpProxy(null)], new TcpLimits(), new UdpLimits(), NullLogger.Instance);
        _proxy.Start(_pair.Dialer);
    }

    public async ValueTask DisposeAsync()
    {
        await _proxy.DisposeAsync();
        await _server.DisposeAsync();
        await _pair.DisposeAsync();
    }

    [Theory]
    [InlineData("GET http://192.168.4.2/ HTTP/1.1", "GET / HTTP/1.1")]
    [InlineData("GET http://192.168.4.2 HTTP/1.1", "GET / HTTP/1.1")]
    [InlineData("OPTIONS http://192.168.4.2 HTTP/1.1", "OPTIONS * HTTP/1.1")]
    [InlineData("GET http://192.168.4.2?a=b HTTP/1.1", "GET /?a=b HTTP/1.1")]
    // An older server or client does not know of chunks
    [InlineData("GET HTTP://192.168.4.2/ HTTP/1.0", "GET / HTTP/1.0")]
    // What looks as if it could be written shorter is not ours to judge
    [InlineData("GET http://192.168.4.2/a/../b/%7Ec?q=%41|\" HTTP/1.1", "GET /a/../b/%7Ec?q=%41|\" HTTP/1.1")]
    public async Task The_request_line_says_to_the_server_what_it_said_to_us(string line, string expected) =>
        Assert.Equal(
            $"{expected}\r\nHost: 192.168.4.2\r\n{(line.EndsWith('0') ? Ending : "\r\n")}", await CarryAsync($"{line}\r\n\r\n"));

    [Fact]
    public async Task Host_is_the_one_of_the_request_line() => Assert.Equal(
        "GET / HTTP/1.1\r\nHost: 192.168.4.2:80\r\nA: b\r\n\r\n",
        await CarryAsync("GET http://192.168.4.2:80/ HTTP/1.1\r\nHost: other\r\nA: b\r\n\r\n"));

    [Theory]
    [InlineData("Proxy-Authorization: Basic eDp5", "\r\n")]
    [InlineData("proxy-connection:keep-alive", "\r\n")]
    [InlineData("Connection: keep-alive, x-hop \r\nX-Hop: 1", "\r\n")]
    [InlineData("X-Hop: 1\r\nConnection: close\r\nConnection:x-other,X-HOP\r\nX-Other: 2", Ending)]
    public async Task Fields_of_the_connection_to_us_stay_with_us(string fields, string ending) => Assert.Equal(
        $"GET / HTTP/1.1\r\nHost: 192.168.4.2\r\nA: b\r\n{ending}",
        await CarryAsync($"GET http://192.168.4.2/ HTTP/1.1\r\n{fields}\r\nA:b \t\r\n\r\n"));

    [Fact]
    public async Task The_length_of_the_body_is_passed_on_whatever_Connection_names() => Assert.Equal(
        "PUT / HTTP/1.1\r\nHost: 192.168.4.2\r\nContent-Length: 2\r\n\r\nab",
        await CarryAsync("PUT http://192.168.4.2/ HTTP/1.1\r\nConnection: Content-Length\r\nContent-Length: 2\r\n\r\nab"));

    [Theory]
    [InlineData("", "")]
    [InlineData("Content-Length: 0\r\n", "")]
    [InlineData("Content-Length: 11\r\n", "hello world")]
    [InlineData("Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n0\r\n\r\n")]
    [InlineData("Transfer-Encoding: gzip, Chunked\r\n", "0A;x=\"y\"\r\n0\r\n\r\n0\r\n\r\n\r\n1\r\n!\r\n000 \r\nA: b\r\nC: d\r\n\r\n")]
    public async Task A_second_request_never_reaches_the_server_of_the_first(string field, string body)
    {
        var got = await CarryAsync($"POST http://192.168.4.2/ HTTP/1.1\r\n{field}\r\n{body}"
            + "GET http://secret.internal/ HTTP/1.1\r\nProxy-Authorization: Basic eDp5\r\n\r\n");
        Assert.Equal($"POST / HTTP/1.1\r\nHost: 192.168.4.2\r\n{field}\r\n{body}", got);
    }

    [Theory]
    [InlineData("Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n0\r\nA: b\r\n\r\n")]
    [InlineData("Content-Length: 5\r\n", "hello")]
    public void A_body_ends_where_it_ends_however_it_arrives(string field, string text)
    {
        var head = RequestHead.Parse(Encoding.ASCII.GetBytes($"PUT / HTTP/1.1\r\n{field}\r\n"))!;
        var body = MessageBody.Of(head)!;
        foreach (var one in Encoding.ASCII.GetBytes(text))
        {
            Assert.False(body.IsComplete);
            Assert.Equal(1, body.Pass([one]));
        }

        Assert.True(body.IsComplete);
        Assert.Equal(0, body.Pass("more"u8));
    }

    [Theory]
    [InlineData("\r\n")]
    [InlineData("x\r\n")]
    [InlineData("5\nhello\r\n")]
    [InlineData("5;a\nhello\r\n")]
    [InlineData("5\r\nhello!\r\n")]
    [InlineData("5;\0\r\nhello\r\n")]
    [InlineData("0\r\nA: b\n\r\n")]
    [InlineData("0\r\nA: b\0\r\n\r\n")]
    [InlineData("10000000000000000\r\n")]
    public void Chunks_that_another_could_read_otherwise_are_not_passed_on(string text)
    {
        var head = RequestHead.Parse("PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"u8)!;
        Assert.Throws<InvalidDataException>(() => MessageBody.Of(head)!.Pass(Encoding.ASCII.GetBytes(text)));
    }

    [Fact]
    public async Task The_connection_ends_with_the_answer_though_more_was_asked()
    {
        const string request = "GET http://192.168.4.2/ HTTP/1.1\r\nConnection: close\r\n\r\n";
        using var client = await ConnectAsync(request + request);
        await using var server = await _server.AcceptOneAsync(Cancellation);
        await server.AsStream().WriteAsync(Encoding.ASCII.GetBytes(Answer), Cancellation);
        await server.Output.CompleteAsync();
        Assert.Equal(
            Answer.Replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n", StringComparison.Ordinal),
            await ReadAsync(new NetworkStream(client)));
    }

    [Theory]
    [InlineData("GET http://192.168.4.2/ HTTP/1.1\r\nA: b\r\n folded: c")]
    [InlineData("GET http://192.168.4.2/ HTTP/1.1\r\nA : b")]
    [InlineData("GET http://192.168.4.2/ HTTP/1.1\r\nno colon")]
    [InlineData("GET http://192.168.4.2/ HTTP/1.1\r\nA: b\nC: d")]
    [InlineData("GET http://user@192.168.4.2/ HTTP/1.1")]
    [InlineData("GET http:///path HTTP/1.1")]
    [InlineData("PUT http://192.168.4.2/ HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2")]
    [InlineData("PUT http://192.168.4.2/ HTTP/1.1\r\nContent-Length: +1")]
    [InlineData("PUT http://192.168.4.2/ HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked")]
    [InlineData("PUT http://192.168.4.2/ HTTP/1.1\r\nTransfer-Encoding: gzip")]
    [InlineData("PUT http://192.168.4.2/ HTTP/1.0\r\nTransfer-Encoding: chunked")]
    [InlineData("PUT http://192.168.4.2/ HTTP/1.1\r\nTransfer-Encoding: \u00A0chunked")]
    [InlineData("PUT http://192.168.4.2/ HTTP/1.1\r\nTransfer-Encoding: chunked\u0085")]
    [InlineData("PUT http://192.168.4.2/ HTTP/1.1\r\nTransfer-Encoding: gzip,\u00A0chunked")]
    [InlineData("PUT http://192.168.4.2/ HTTP/1.1\r\nTransfer-Encoding: chunked, chunked")]
    [InlineData("PUT http://192.168.4.2/ HTTP/1.1\r\nTransfer-Encoding: chunked;a=b")]
    [InlineData("PUT http://192.168.4.2/ HTTP/1.1\r\nTransfer-Encoding: ,chunked")]
    [InlineData("PUT http://192.168.4.2/ HTTP/1.1\r\nTransfer-Encoding: gzip\r\nTransfer-Encoding: chunked")]
    [InlineData("PUT http://192.168.4.2/ HTTP/1.1\r\nContent-Length: 1, 1")]
    [InlineData("PUT http://192.168.4.2/ HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1")]
    [InlineData("PUT http://192.168.4.2/ HTTP/1.1\r\nContent-Length: \u00A01")]
    [InlineData("PUT http://192.168.4.2/ HTTP/1.1\r\nContent-Length: 1\0")]
    [InlineData("PUT http://192.168.4.2/ HTTP/1.1\r\nContent-Length\u00A0: 1")]
    [InlineData("GET http://192.168.4.2/ HTTP/1.1\r\n(A): b")]
    [InlineData("GET http://192.168.4.2/ HTTP/1.1\r\n: b")]
    [InlineData("GET http://192.168.4.2/ HTTP/1.1\r\nA: b\rC: d")]
    [InlineData("GET http://192.168.4.2/ HTTP/1.1\r\nA: b\0c")]
    [InlineData("GET http://192.168.4.2/ HTTP/1.1\r\nHost: a\r\nHost: b")]
    [InlineData("GET http://192.168.4.2/ HTTP/1.1\r\nHost: a b")]
    [InlineData("GET http://192.168.4.2/ HTTP/1.1\r\nHost: a@b")]
    [InlineData("GET http://192.168.4.2/#f HTTP/1.1")]
    [InlineData("G(T http://192.168.4.2/ HTTP/1.1")]
    [InlineData("G\u00CBT http://192.168.4.2/ HTTP/1.1")]
    [InlineData("GET http://192.168.4.2/\u00A0 HTTP/1.1")]
    [InlineData("GET\thttp://192.168.4.2/ HTTP/1.1")]
    [InlineData("CONNECT 192.168.4.2:80 HTTP/1.1\r\nContent-Length: 5")]
    [InlineData("CONNECT 192.168.4.2:80 HTTP/1.1\r\nTransfer-Encoding: chunked")]
    public async Task A_head_that_is_none_is_a_bad_request(string head)
    {
        using var client = await ConnectAsync($"{head}\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 400 ", await ReadAsync(new NetworkStream(client)));
    }

    [Theory]
    [InlineData("no colon", "cannot read the head of this request")]
    [InlineData("Host: a b", "needs a valid Host")]
    [InlineData("Content-Length: 1\r\nContent-Length: 2", "cannot tell where the body of this request ends")]
    public async Task What_is_wrong_with_a_request_is_told(string field, string reason)
    {
        using var client = await ConnectAsync($"PUT http://192.168.4.2/ HTTP/1.1\r\n{field}\r\n\r\n");
        Assert.EndsWith($"\r\nThe proxy {reason}.\n", await ReadAsync(new NetworkStream(client)));
    }

    [Theory]
    [InlineData("GET http://ann:secret@192.168.4.2/", "takes no user and password before the host: they belong in Authorization")]
    [InlineData("GET https://192.168.4.2/", "takes CONNECT host:port, and http:// requests")]
    public async Task What_is_wrong_with_a_target_is_told_and_no_password_with_it(string line, string reason)
    {
        using var client = await ConnectAsync($"{line} HTTP/1.1\r\n\r\n");
        Assert.EndsWith($"\r\nThe proxy {reason}.\n", await ReadAsync(new NetworkStream(client)));
    }

    [Theory]
    [InlineData("Transfer-Encoding: cow, chunked")]
    [InlineData("Transfer-Encoding: chunked, cow")]
    [InlineData("Transfer-Encoding: identity")]
    public async Task A_coding_that_nobody_knows_is_not_implemented(string field)
    {
        using var client = await ConnectAsync($"PUT http://192.168.4.2/ HTTP/1.1\r\n{field}\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 501 ", await ReadAsync(new NetworkStream(client)));
    }

    [Fact]
    public async Task A_refusal_is_read_by_a_client_that_is_still_sending()
    {
        var body = new string('x', 4 << 20);
        using var client = await ConnectAsync($"PUT / HTTP/1.1\r\nContent-Length: {body.Length}\r\n\r\n{body}");
        Assert.StartsWith("HTTP/1.1 400 ", await ReadAsync(new NetworkStream(client)));
    }

    [Fact]
    public async Task A_head_that_is_too_long_is_not_a_head_even_if_it_ends()
    {
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
        await pipe.Writer.WriteAsync(Encoding.ASCII.GetBytes($"{new string('x', 100)}\r\n\r\n"), Cancellation);
        Assert.Equal(HeadOutcome.TooLong, (await pipe.Reader.ReadHeadAsync(103, Cancellation)).Outcome);
    }

    /// <summary>What the server gets of what a client sends.</summary>
    private async Task<string> CarryAsync(string sent)
    {
        using var client = await ConnectAsync(sent);
        client.Shutdown(SocketShutdown.Send);
        await using var server = await _server.AcceptOneAsync(Cancellation);
        await server.AsStream().WriteAsync(Encoding.ASCII.GetBytes(Answer), Cancellation);
        return await ReadAsync(server.AsStream());
    }

    private async Task<Socket> ConnectAsync(string sent)
    {
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(_proxy.Source, Cancellation);
        await client.SendAsync(Encoding.Latin1.GetBytes(sent), Cancellation);
        return client;
    }

    private static async Task<string> ReadAsync(Stream stream)
    {
        using var reader = new StreamReader(stream, Encoding.ASCII);
        return await reader.ReadToEndAsync(Cancellation);
    }
}
