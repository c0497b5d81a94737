using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Onetun.Extensions.Http;
using Onetun.Testing;
using Onetun.Tests.Library;
using Onetun.Tunnel;

namespace Onetun.Http.Tests;

/// <summary>Requests to a server that refuses, resets or closes.</summary>
public sealed class HttpFailureTests(ITestOutputHelper output) : IAsyncLifetime
{
    private static readonly byte[] Answer = Encoding.ASCII.GetBytes("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");

    private Networks _networks = null!;

    public async ValueTask InitializeAsync() => _networks = await Networks.StartAsync();

    public ValueTask DisposeAsync() => _networks.DisposeAsync();

    [Fact]
    public async Task Refusal_is_an_error_of_the_connection()
    {
        using var client = new HttpClient(_networks.Client.CreateHttpHandler());

        var error = await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync(Networks.Uri(81)));

        Assert.Equal(HttpRequestError.ConnectionError, error.HttpRequestError);
        Assert.Equal(SocketError.ConnectionRefused, Assert.IsType<SocketException>(error.InnerException).SocketErrorCode);
    }

    [Fact]
    public async Task Name_without_an_address_is_an_error_of_the_request()
    {
        using var client = new HttpClient(_networks.Client.CreateHttpHandler());

        var error = await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync(new Uri("http://nobody.invalid/")));

        Assert.IsType<SocketException>(error.InnerException, exactMatch: false);
    }

    [Fact]
    public async Task Reset_is_an_error_of_the_request()
    {
        await using var listener = _networks.Server.Listen(80);
        using var client = new HttpClient(_networks.Client.CreateHttpHandler());
        var asking = client.GetAsync(Networks.Uri(80));
        await using var connection = await AcceptAsync(listener);
        await ReadRequestAsync(connection);

        connection.Abort();

        var error = await Assert.ThrowsAsync<HttpRequestException>(() => asking.Soon());
        var reason = Assert.IsType<SocketException>(Assert.IsType<IOException>(error.InnerException, exactMatch: false).InnerException);
        Assert.Equal(SocketError.ConnectionReset, reason.SocketErrorCode);
    }

    [Fact]
    public async Task Requests_end_with_their_tunnel_which_does_not_wait_for_them()
    {
        await using var pair = await WireGuardPair.StartAsync(new WireGuardPairOptions
        {
            Configure = options => options with { DisposeTimeout = TimeSpan.FromHours(1) },
        });
        var (begun, all) = (0, new TaskCompletionSource());
        await using var server = await WebServer.StartAsync(pair.Second, async context =>
        {
            if (Interlocked.Increment(ref begun) == 200)
            {
                all.SetResult();
            }

            await Wait.CancelledAsync(context.RequestAborted);
        });
        using var client = new HttpClient(pair.First.CreateHttpHandler());
        var address = new Uri($"http://{pair.SecondAddress}:{server.Port}/");
        var asking = Enumerable.Range(0, 200).Select(_ => client.GetAsync(address)).ToArray();
        await all.Task.Soon();

        var start = Stopwatch.GetTimestamp();
        await pair.First.DisposeAsync().AsTask().Soon();
        foreach (var request in asking)
        {
            await Assert.ThrowsAsync<HttpRequestException>(() => request.Soon());
        }

        output.WriteLine($"200 requests and their tunnel ended within {Stopwatch.GetElapsedTime(start).TotalMilliseconds:F0} ms");
    }

    [Fact]
    public async Task Connection_that_the_server_has_closed_is_not_used_again()
    {
        await using var listener = _networks.Server.Listen(80);
        using var client = new HttpClient(_networks.Client.CreateHttpHandler());
        for (var round = 0; round < 3; round++)
        {
            var asking = client.GetStringAsync(Networks.Uri(80));
            var connection = await AcceptAsync(listener);
            await ReadRequestAsync(connection);
            await connection.Output.WriteAsync(Answer);
            await connection.DisposeAsync();
            Assert.Equal("ok", await asking.Soon());
        }
    }

    [Fact]
    public async Task Connection_that_stays_open_is_used_again()
    {
        await using var listener = _networks.Server.Listen(80);
        using var client = new HttpClient(_networks.Client.CreateHttpHandler());
        TunnelConnection? connection = null;
        for (var round = 0; round < 3; round++)
        {
            var asking = client.GetStringAsync(Networks.Uri(80));
            connection ??= await AcceptAsync(listener);
            await ReadRequestAsync(connection);
            await connection.Output.WriteAsync(Answer);
            Assert.Equal("ok", await asking.Soon());
        }

        await connection!.DisposeAsync();
    }

    private static async Task<TunnelConnection> AcceptAsync(TunnelListener listener) =>
        await listener.AcceptAsync().AsTask().Soon() ?? throw new InvalidOperationException("The listener has ended.");

    private static async Task ReadRequestAsync(TunnelConnection connection)
    {
        while (true)
        {
            var read = await connection.Input.ReadAsync().AsTask().Soon();
            var text = Encoding.ASCII.GetString(read.Buffer);
            var isWhole = text.EndsWith("\r\n\r\n", StringComparison.Ordinal);
            connection.Input.AdvanceTo(isWhole ? read.Buffer.End : read.Buffer.Start, read.Buffer.End);
            if (isWhole)
            {
                return;
            }
        }
    }
}
