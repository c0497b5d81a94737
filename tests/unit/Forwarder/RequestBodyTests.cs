using System.Text;
using Onetun.Forwarder.Proxies;
using Onetun.Tunnel.Forwarding;
using Xunit;

namespace Onetun.Forwarder.Tests;

/// <summary>Bodies of requests to the HTTP proxy: asked for, refused, and still on their way when the response comes.</summary>
public sealed class RequestBodyTests : HttpDialogue
{
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
}
