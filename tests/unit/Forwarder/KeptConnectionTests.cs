using System.Net.Sockets;
using Onetun.Forwarder.Common;
using Xunit;

namespace Onetun.Forwarder.Tests;

/// <summary>Clients of the HTTP proxy that send one request after the other.</summary>
public sealed class KeptConnectionTests : HttpDialogue
{
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

    private bool Advance()
    {
        _time.Advance(TimeSpan.FromSeconds(30));
        return true;
    }
}
