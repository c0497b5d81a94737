using System.Net;
using System.Net.Security;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Onetun.Extensions.Http;
using Onetun.Interop;
using Onetun.Tests.Library;

namespace Onetun.Http.Tests;

/// <summary>Requests to a Kestrel in the network.</summary>
public sealed class HttpThroughTunnelTests : IAsyncLifetime
{
    private Networks _networks = null!;

    public async ValueTask InitializeAsync() => _networks = await Networks.StartAsync();

    public ValueTask DisposeAsync() => _networks.DisposeAsync();

    [Fact]
    public async Task Get_and_post_are_answered()
    {
        await using var server = await WebServer.StartAsync(_networks.Server, EchoAsync);
        using var client = NewClient();

        Assert.Equal("GET:", await client.GetStringAsync(server.Uri()));
        using var answer = await client.PostAsync(server.Uri(), new StringContent("hello"));
        Assert.Equal("POST:hello", await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Http2_goes_over_tls()
    {
        using var certificate = WebParts.NewCertificate();
        await using var server = await WebServer.StartAsync(
            _networks.Server, context => context.Response.WriteAsync(context.Request.Protocol), listen => listen.UseHttps(certificate));
        using var client = NewClient(handler => handler.SslOptions.RemoteCertificateValidationCallback = Trust(certificate));
        client.DefaultRequestVersion = HttpVersion.Version20;

        Assert.Equal("HTTP/2", await client.GetStringAsync(server.Uri(scheme: "https")));
    }

    [Theory, InlineData("2.0", HttpVersionPolicy.RequestVersionOrHigher), InlineData("1.1", HttpVersionPolicy.RequestVersionOrHigher)]
    [InlineData("3.0", HttpVersionPolicy.RequestVersionOrLower)]
    public async Task Http2_is_the_highest_version(string version, HttpVersionPolicy policy)
    {
        using var certificate = WebParts.NewCertificate();
        await using var server = await WebServer.StartAsync(
            _networks.Server, context => context.Response.WriteAsync(context.Request.Protocol), listen => listen.UseHttps(certificate));
        using var client = NewClient(handler => handler.SslOptions.RemoteCertificateValidationCallback = Trust(certificate));
        using var request = new HttpRequestMessage(HttpMethod.Get, server.Uri(scheme: "https"))
        {
            Version = Version.Parse(version),
            VersionPolicy = policy,
        };

        using var response = await client.SendAsync(request);

        Assert.Equal("HTTP/2", await response.Content.ReadAsStringAsync());
        Assert.False(request.Version >= HttpVersion.Version30 || request.VersionPolicy == HttpVersionPolicy.RequestVersionOrHigher);
    }

    [Theory, InlineData(HttpVersionPolicy.RequestVersionExact), InlineData(HttpVersionPolicy.RequestVersionOrHigher)]
    public async Task Http3_is_refused_where_it_is_insisted_on(HttpVersionPolicy policy)
    {
        using var client = NewClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, "https://localhost:1/") { Version = HttpVersion.Version30, VersionPolicy = policy };

        var error = await Assert.ThrowsAsync<HttpRequestException>(() => client.SendAsync(request));

        Assert.Equal(HttpRequestError.VersionNegotiationError, error.HttpRequestError);
    }

    [Fact]
    public async Task WebSocket_talks_and_closes()
    {
        await using var server = await WebServer.StartAsync(_networks.Server, application =>
        {
            application.UseWebSockets();
            application.Run(WebParts.EchoSocketAsync);
        });
        using var invoker = new HttpMessageInvoker(_networks.Client.CreateHttpHandler());
        using var socket = new ClientWebSocket();

        await socket.ConnectAsync(server.Uri(scheme: "ws"), invoker, CancellationToken.None).Soon();
        await socket.SendAsync(Encoding.UTF8.GetBytes("hello"), WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
        var buffer = new byte[100];
        var received = await socket.ReceiveAsync(buffer, CancellationToken.None).Soon();
        Assert.Equal("hello", Encoding.UTF8.GetString(buffer, 0, received.Count));
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None).Soon();
        Assert.Equal(WebSocketState.Closed, socket.State);
    }

    [Fact]
    public async Task A_hundred_megabytes_come_back_as_they_were()
    {
        await using var server = await WebServer.StartAsync(_networks.Server, async context =>
        {
            context.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>().MaxRequestBodySize = null;
            var whole = new MemoryStream(); // A client of HTTP/1.1 reads nothing before it has sent all
            await context.Request.Body.CopyToAsync(whole);
            await context.Response.Body.WriteAsync(whole.GetBuffer().AsMemory(0, (int)whole.Length));
        });
        using var client = NewClient();
        var sent = RandomNumberGenerator.GetBytes(100_000_000);

        using var response = await client.PostAsync(server.Uri(), new ByteArrayContent(sent));
        var received = await response.Content.ReadAsByteArrayAsync();

        Assert.True(sent.AsSpan().SequenceEqual(received));
    }

    [Fact]
    public async Task Two_hundred_requests_at_once_have_their_own_answers()
    {
        await using var server = await WebServer.StartAsync(
            _networks.Server, context => context.Response.WriteAsync(context.Request.Path));
        using var client = NewClient();

        var answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(i => client.GetStringAsync(server.Uri($"/{i}"))));

        Assert.Equal(Enumerable.Range(0, 200).Select(i => $"/{i}"), answers);
    }

    [Fact]
    public async Task Timeout_ends_a_request_that_nobody_answers()
    {
        await using var server = await WebServer.StartAsync(_networks.Server, NeverAsync);
        using var client = NewClient();
        client.Timeout = TimeSpan.FromMilliseconds(300);

        var error = await Assert.ThrowsAsync<TaskCanceledException>(() => client.GetAsync(server.Uri()));

        Assert.IsType<TimeoutException>(error.InnerException);
    }

    [Fact]
    public async Task Cancellation_ends_a_request_before_the_headers()
    {
        using var cancelling = new CancellationTokenSource();
        await using var server = await WebServer.StartAsync(_networks.Server, async context =>
        {
            await cancelling.CancelAsync();
            await NeverAsync(context);
        });
        using var client = NewClient();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.GetAsync(server.Uri(), cancelling.Token).Soon());
    }

    [Fact]
    public async Task Cancellation_ends_a_request_within_the_body()
    {
        await using var server = await WebServer.StartAsync(_networks.Server, async context =>
        {
            await context.Response.WriteAsync("begun");
            await context.Response.Body.FlushAsync();
            await NeverAsync(context);
        });
        using var client = NewClient();
        using var cancelling = new CancellationTokenSource();
        using var response = await client.GetAsync(server.Uri(), HttpCompletionOption.ResponseHeadersRead);
        await using var body = await response.Content.ReadAsStreamAsync();
        await body.ReadExactlyAsync(new byte[5]);

        var reading = body.ReadAsync(new byte[5], cancelling.Token).AsTask();
        await cancelling.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading.Soon());
    }

    [Fact]
    public async Task Disposing_the_client_ends_what_it_waits_for()
    {
        var began = new TaskCompletionSource();
        var ended = new TaskCompletionSource();
        await using var server = await WebServer.StartAsync(_networks.Server, async context =>
        {
            began.SetResult();
            await NeverAsync(context);
            ended.SetResult();
        });
        var client = NewClient();
        var waiting = client.GetAsync(server.Uri());
        await began.Task.Soon();

        client.Dispose();

        await Assert.ThrowsAnyAsync<Exception>(() => waiting.WaitAsync(TimeSpan.FromSeconds(10)));
        await ended.Task.Soon();
    }

    private HttpClient NewClient(Action<SocketsHttpHandler>? configure = null) => new(_networks.Client.CreateHttpHandler(configure));

    private static async Task EchoAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body);
        await context.Response.WriteAsync($"{context.Request.Method}:{await reader.ReadToEndAsync()}");
    }

    /// <summary>Answers nothing until the client has gone.</summary>
    private static Task NeverAsync(HttpContext context) => Wait.CancelledAsync(context.RequestAborted);

    private static RemoteCertificateValidationCallback Trust(X509Certificate2 certificate) =>
        (_, theirs, _, _) => theirs?.GetCertHashString() == certificate.GetCertHashString();
}
