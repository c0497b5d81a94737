using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Onetun.Forwarder.Common;
using Onetun.Forwarder.Forwarding;
using Onetun.Forwarder.Proxies;
using Onetun.NetStack;
using Xunit;

namespace Onetun.Forwarder.Tests;

/// <summary>Clients of the HTTP proxy that send one request after the other.</summary>
public sealed class KeptConnectionTests : IAsyncLifetime
{
    private const string Get = "GET http://192.168.4.2/ HTTP/1.1\r\n\r\n";
    private const string Hi = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";
    private const string Ho = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nho";

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private readonly FakeTimeProvider _time = new();
    private TunnelPair _pair = null!;
    private Proxy _proxy = null!;
    private SocketListener<TcpSocket> _listener = null!;
    private SocketListener<TcpSocket> _other = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _pair = await TunnelPair.StartAsync();
        _listener = _pair.Theirs.ListenTcp(80);
        _other = _pair.Theirs.ListenTcp(81);
        _proxy = Start(null);
    }

    public async ValueTask DisposeAsync()
    {
        await _proxy.DisposeAsync();
        await _listener.DisposeAsync();
        await _other.DisposeAsync();
        await _pair.DisposeAsync();
    }

    [Fact]
    public async Task Two_requests_to_one_server_share_a_connection_to_it()
    {
        using var client = await ConnectAsync();
        await SendAsync(client, Get);
        await using var server = await AcceptAsync(_listener);
        await AnswerAsync(server, Hi);
        Assert.EndsWith("\r\nConnection: keep-alive\r\n\r\nhi", await ReadAsync(client, "hi"));
        await SendAsync(client, "PUT http://192.168.4.2/a HTTP/1.1\r\nContent-Length: 4\r\n\r\nbody");
        Assert.Equal("PUT /a HTTP/1.1\r\nHost: 192.168.4.2\r\nContent-Length: 4\r\n\r\nbody", await ReadAsync(server.AsStream(), "body"));
        await WriteAsync(server, Ho);
        await ReadAsync(client, "ho");
    }

    // And need not send it, so that what comes next could be one or the other
    [Fact]
    public async Task A_client_that_is_refused_before_it_was_asked_for_the_body_is_told_that_this_was_all()
    {
        using var client = await ConnectAsync();
        await SendAsync(client, "PUT http://192.168.4.2/ HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
        await using var server = await AcceptAsync(_listener);
        await AnswerAsync(server, "HTTP/1.1 417 Expectation Failed\r\nContent-Length: 2\r\n\r\nno");
        Assert.EndsWith("\r\nConnection: close\r\n\r\nno", await ReadAsync(client, "no"));
    }

    [Fact]
    public async Task Who_logs_in_by_NTLM_proves_on_one_connection_who_that_is()
    {
        using var client = await ConnectAsync();
        await SendAsync(client, "GET http://192.168.4.2/ HTTP/1.1\r\nAuthorization: NTLM one\r\n\r\n");
        await using var server = await AcceptAsync(_listener);
        await AnswerAsync(server, "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: NTLM two\r\nContent-Length: 0\r\n\r\n");
        Assert.Contains("\r\nWWW-Authenticate: NTLM two\r\n", await ReadAsync(client, "\r\n\r\n"));
        await SendAsync(client, "GET http://192.168.4.2/ HTTP/1.1\r\nAuthorization: NTLM three\r\n\r\n");
        Assert.Contains("\r\nAuthorization: NTLM three\r\n", await AnswerAsync(server, Hi));
        await ReadAsync(client, "hi");
    }

    [Fact]
    public async Task Requests_to_another_server_and_for_a_tunnel_go_their_own_ways()
    {
        using var client = await ConnectAsync();
        await SendAsync(client, Get);
        await using var server = await AcceptAsync(_listener);
        await AnswerAsync(server, Hi);
        await ReadAsync(client, "hi");

        await SendAsync(client, "GET http://192.168.4.2:81/ HTTP/1.1\r\n\r\n");
        await using var other = await AcceptAsync(_other);
        Assert.Equal("", await ReadToEndAsync(server.AsStream()));
        Assert.StartsWith("GET / HTTP/1.1\r\nHost: 192.168.4.2:81\r\n", await AnswerAsync(other, Ho));
        await ReadAsync(client, "ho");

        await SendAsync(client, "CONNECT 192.168.4.2:80 HTTP/1.1\r\n\r\nbytes");
        await using var tunnel = await AcceptAsync(_listener);
        await ReadAsync(client, "HTTP/1.1 200 Connection established\r\n\r\n");
        await ReadAsync(tunnel.AsStream(), "bytes");
        Assert.Equal("", await ReadToEndAsync(other.AsStream()));
    }

    [Theory]
    [InlineData("HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n", "\r\n\r\n")]
    [InlineData("GET", "HTTP/1.1 204 No Content\r\n\r\n", "\r\n\r\n")]
    [InlineData("GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 100\r\n\r\n", "\r\n\r\n")]
    [InlineData("GET", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "\r\n\r\n")]
    [InlineData("GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nA: b\r\n\r\n", "A: b\r\n\r\n")]
    [InlineData("GET", "HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", "hi")]
    public async Task The_next_request_follows_where_the_response_ends(string method, string response, string end)
    {
        using var client = await ConnectAsync();
        await SendAsync(client, $"{method} http://192.168.4.2/ HTTP/1.1\r\n\r\n");
        await using var server = await AcceptAsync(_listener);
        await AnswerAsync(server, response);
        await ReadAsync(client, end);
        await SendAsync(client, Get);
        await AnswerAsync(server, Ho);
        await ReadAsync(client, "ho");
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\n\r\nhi")]
    [InlineData("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi")]
    [InlineData("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi")]
    public async Task A_response_that_is_the_last_is_told_so_and_ends_the_connection(string response)
    {
        using var client = await ConnectAsync();
        await SendAsync(client, Get + Get);
        await using var server = await AcceptAsync(_listener);
        await AnswerAsync(server, response);
        await server.Output.CompleteAsync();
        Assert.EndsWith("\r\nConnection: close\r\n\r\nhi", await ReadToEndAsync(client));
        Assert.Equal("", await ReadToEndAsync(server.AsStream()));
    }

    [Fact]
    public async Task A_client_of_HTTP_1_0_has_one_response()
    {
        using var client = await ConnectAsync();
        await SendAsync(client, "GET http://192.168.4.2/ HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
        await using var server = await AcceptAsync(_listener);
        Assert.EndsWith("\r\nConnection: close\r\n\r\n", await AnswerAsync(server, Hi));
        Assert.EndsWith("\r\nConnection: close\r\n\r\nhi", await ReadToEndAsync(client));
    }

    [Fact]
    public async Task Requests_sent_ahead_are_answered_in_order()
    {
        using var client = await ConnectAsync();
        await SendAsync(client, string.Concat(Enumerable.Range(0, 5).Select(i => $"GET http://192.168.4.2/{i} HTTP/1.1\r\n\r\n")));
        await using var server = await AcceptAsync(_listener);
        for (var i = 0; i < 5; i++)
        {
            Assert.StartsWith($"GET /{i} HTTP/1.1\r\n", await AnswerAsync(server, $"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n{i}"));
            Assert.EndsWith($"\r\n\r\n{i}", await ReadAsync(client, $"\r\n\r\n{i}"));
        }
    }

    [Fact]
    public async Task A_body_that_waits_for_100_is_asked_for_by_its_server()
    {
        using var client = await ConnectAsync();
        await SendAsync(client, "PUT http://192.168.4.2/ HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
        await using var server = await AcceptAsync(_listener);
        Assert.Contains("\r\nExpect: 100-continue\r\n", await AnswerAsync(server, "HTTP/1.1 100 Continue\r\n\r\n"));
        Assert.Equal("HTTP/1.1 100 Continue\r\n\r\n", await ReadAsync(client, "\r\n\r\n"));
        await SendAsync(client, "body" + Get);
        await ReadAsync(server.AsStream(), "body");
        await WriteAsync(server, Hi);
        await ReadAsync(client, "hi");
        await AnswerAsync(server, Ho);
        await ReadAsync(client, "ho");
    }

    [Fact]
    public async Task A_body_goes_on_behind_a_response_that_keeps_the_connection()
    {
        using var client = await ConnectAsync();
        await SendAsync(client, "PUT http://192.168.4.2/ HTTP/1.1\r\nContent-Length: 8\r\n\r\nhalf");
        await using var server = await AcceptAsync(_listener);
        await ReadAsync(server.AsStream(), "half");
        await WriteAsync(server, Hi);
        await ReadAsync(client, "hi");
        await SendAsync(client, "body" + Get);
        await ReadAsync(server.AsStream(), "body");
        await AnswerAsync(server, Ho);
        await ReadAsync(client, "ho");
    }

    [Fact]
    public async Task A_refusal_in_the_middle_of_a_body_reaches_its_client()
    {
        using var client = await ConnectAsync();
        await SendAsync(client, "PUT http://192.168.4.2/ HTTP/1.1\r\nContent-Length: 10000000\r\n\r\nbegin");
        await using var server = await AcceptAsync(_listener);
        await AnswerAsync(server, "HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno");
        Assert.EndsWith("no", await ReadToEndAsync(client));
    }

    [Fact]
    public async Task A_server_that_refuses_a_body_and_takes_no_more_of_it_is_left()
    {
        var (client, server) = (new TestEnd(), new TestEnd());
        var gate = server.CloseGate();
        var request = new PlainRequest("PUT", "PUT / HTTP/1.1\r\n\r\n"u8.ToArray(), MessageBody.ToTheEnd()) { IsKept = true };
        using var exchange = new PlainExchange(client, server, request, isFirst: true);
        var relay = Relay.RunAsync(exchange.Client, exchange.Server, new Traffic());
        await server.Waiting.WaitAsync(Deadline, Cancellation);
        await server.ArriveAsync("HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno"u8.ToArray());
        Assert.True(SpinWait.SpinUntil(() => server.IsAborted, Deadline));
        gate.SetResult();
        await relay.WaitAsync(Deadline, Cancellation);
        Assert.EndsWith("no", Encoding.ASCII.GetString(await client.ReadSentAsync()));
    }

    [Theory]
    [InlineData("websocket", "Upgrade: websocket\r\nConnection: Upgrade\r\n")]
    [InlineData("h2c, websocket", "Upgrade: websocket\r\nConnection: Upgrade\r\n")]
    [InlineData("h2c", "")]
    public async Task What_is_asked_to_be_spoken_instead_is_passed_on_but_for_HTTP_2(string protocols, string expected)
    {
        using var client = await ConnectAsync();
        await SendAsync(client, $"GET http://192.168.4.2/ HTTP/1.1\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: {protocols}\r\nHTTP2-Settings: a\r\n\r\n");
        await using var server = await AcceptAsync(_listener);
        Assert.Equal($"GET / HTTP/1.1\r\nHost: 192.168.4.2\r\n{expected}\r\n", await AnswerAsync(server, Hi));
        await ReadAsync(client, "hi");
    }

    [Fact]
    public async Task A_web_socket_carries_bytes_both_ways_until_both_ends()
    {
        using var client = await ConnectAsync();
        // Some send ahead of the answer
        await SendAsync(client, "GET http://192.168.4.2/ HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nahead");
        await using var server = await AcceptAsync(_listener);
        await AnswerAsync(server, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\nhello");
        Assert.Equal(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\nhello", await ReadAsync(client, "hello"));
        await SendAsync(client, $" and {Get}");
        await ReadAsync(server.AsStream(), $"ahead and {Get}");
        await WriteAsync(server, "HTTP/1.1 is");
        await ReadAsync(client, "HTTP/1.1 is");
        await server.Output.CompleteAsync();
        Assert.Equal("", await ReadToEndAsync(client));
        await SendAsync(client, "the end");
        client.Socket.Shutdown(SocketShutdown.Send);
        Assert.Equal("the end", await ReadToEndAsync(server.AsStream()));
    }

    [Fact]
    public async Task A_server_that_ends_between_two_requests_is_connected_to_again()
    {
        using var client = await ConnectAsync();
        await SendAsync(client, Get);
        await using (var server = await AcceptAsync(_listener))
        {
            await AnswerAsync(server, Hi);
            await ReadAsync(client, "hi");
            await server.Output.CompleteAsync();
            // Our end has it
            Assert.True(SpinWait.SpinUntil(() => server.IsOutputAcknowledged, Deadline));
        }

        await SendAsync(client, Get);
        await using var again = await AcceptAsync(_listener);
        await AnswerAsync(again, Ho);
        await ReadAsync(client, "ho");
    }

    [Fact]
    public async Task A_server_that_says_what_nobody_asked_for_is_not_taken_at_its_word()
    {
        using var client = await ConnectAsync();
        await SendAsync(client, Get);
        await using var server = await AcceptAsync(_listener);
        await AnswerAsync(server, $"{Hi}HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil");
        await ReadAsync(client, "hi");
        await SendAsync(client, Get);
        await using var again = await AcceptAsync(_listener);
        await AnswerAsync(again, Ho);
        Assert.DoesNotContain("evil", await ReadAsync(client, "ho"));
    }

    [Fact]
    public async Task A_server_that_ends_without_an_answer_is_a_bad_gateway_or_leaves_the_client_to_ask_again()
    {
        using var client = await ConnectAsync();
        await SendAsync(client, Get);
        await using var server = await AcceptAsync(_listener);
        await AnswerAsync(server, Hi);
        await ReadAsync(client, "hi");
        await SendAsync(client, Get);
        await ReadAsync(server.AsStream(), "\r\n\r\n");
        await server.Output.CompleteAsync();
        Assert.Equal("", await ReadToEndAsync(client));

        using var another = await ConnectAsync();
        await SendAsync(another, Get);
        await using var first = await AcceptAsync(_listener);
        await ReadAsync(first.AsStream(), "\r\n\r\n");
        await first.Output.CompleteAsync();
        Assert.StartsWith("HTTP/1.1 502 Bad Gateway\r\n", await ReadToEndAsync(another));
    }

    [Fact]
    public async Task A_client_that_gives_up_takes_its_request_with_it()
    {
        using var client = await ConnectAsync();
        await SendAsync(client, Get);
        await using var server = await AcceptAsync(_listener);
        await ReadAsync(server.AsStream(), "\r\n\r\n");
        client.Socket.Shutdown(SocketShutdown.Send);
        Assert.Equal("", await ReadToEndAsync(server.AsStream()));
        // And one that only ends its sending side still gets the answer
        await WriteAsync(server, Hi);
        Assert.EndsWith("hi", await ReadToEndAsync(client));
    }

    [Fact]
    public async Task Who_asks_for_nothing_more_is_let_go_after_half_a_minute()
    {
        using var client = await ConnectAsync();
        await SendAsync(client, Get);
        await using var server = await AcceptAsync(_listener);
        await AnswerAsync(server, Hi);
        await ReadAsync(client, "hi");
        var ended = ReadToEndAsync(client);
        Assert.True(SpinWait.SpinUntil(() => Advance() && ended.IsCompleted, Deadline));
        Assert.Equal("", await ended);
        Assert.Equal("", await ReadToEndAsync(server.AsStream()));
    }

    [Fact]
    public async Task A_connection_between_two_requests_does_not_hold_up_the_end()
    {
        using var client = await ConnectAsync();
        await SendAsync(client, Get);
        await using var server = await AcceptAsync(_listener);
        await AnswerAsync(server, Hi);
        await ReadAsync(client, "hi");
        await _proxy.StopAsync(CancellationToken.None).WaitAsync(Deadline, Cancellation);
        Assert.Equal("", await ReadToEndAsync(client));
    }

    [Fact]
    public async Task The_password_is_asked_for_with_each_request()
    {
        await using var proxy = Start(new ProxyCredentials("x", "y"));
        using var client = await ConnectAsync(proxy);
        await SendAsync(client, "GET http://192.168.4.2/ HTTP/1.1\r\nProxy-Authorization: Basic eDp5\r\n\r\n");
        await using var server = await AcceptAsync(_listener);
        await AnswerAsync(server, Hi);
        await ReadAsync(client, "hi");
        await SendAsync(client, Get);
        Assert.StartsWith("HTTP/1.1 407 ", await ReadToEndAsync(client));
        Assert.Equal("", await ReadToEndAsync(server.AsStream()));
    }

    private Proxy Start(ProxyCredentials? credentials)
    {
        var proxy = new Proxy(
            new IPEndPoint(IPAddress.Loopback, 0),
            [new HttpProxy(credentials)],
            new TcpLimits(),
            new UdpLimits(),
            NullLogger.Instance,
            _time);
        proxy.Start(_pair.Dialer);
        return proxy;
    }

    private bool Advance()
    {
        _time.Advance(TimeSpan.FromSeconds(30));
        return true;
    }

    private async Task<NetworkStream> ConnectAsync(Proxy? proxy = null)
    {
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync((proxy ?? _proxy).Source, Cancellation);
        return new NetworkStream(client, ownsSocket: true);
    }

    private static async Task<TcpSocket> AcceptAsync(SocketListener<TcpSocket> listener) =>
        await listener.AcceptOneAsync(Cancellation).WaitAsync(Deadline, Cancellation);

    private static async Task SendAsync(NetworkStream client, string text) =>
        await client.WriteAsync(Encoding.Latin1.GetBytes(text), Cancellation);

    private static async Task WriteAsync(TcpSocket server, string text) =>
        await server.Output.WriteAsync(Encoding.Latin1.GetBytes(text), Cancellation);

    /// <summary>Reads the head of a request and answers it; what was read.</summary>
    private static async Task<string> AnswerAsync(TcpSocket server, string response)
    {
        var head = await ReadAsync(server.AsStream(), "\r\n\r\n");
        await WriteAsync(server, response);
        return head;
    }

    /// <summary>Reads up to a text that ends what is expected.</summary>
    private static async Task<string> ReadAsync(Stream stream, string end)
    {
        var text = new StringBuilder();
        var one = new byte[1];
        while (!text.ToString().EndsWith(end, StringComparison.Ordinal))
        {
            var count = await stream.ReadAsync(one, Cancellation).AsTask().WaitAsync(Deadline, Cancellation);
            Assert.True(count > 0, $"ended behind \"{text}\"");
            text.Append((char)one[0]);
        }

        return text.ToString();
    }

    private static async Task<string> ReadToEndAsync(Stream stream)
    {
        using var reader = new StreamReader(stream, Encoding.Latin1, leaveOpen: true);
        return await reader.ReadToEndAsync(Cancellation).WaitAsync(Deadline, Cancellation);
    }
}
