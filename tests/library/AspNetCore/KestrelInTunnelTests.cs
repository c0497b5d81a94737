using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Onetun.Extensions.Http;
using Onetun.Interop;
using Onetun.Tests.Library;
using Onetun.Tunnel;

namespace Onetun.AspNetCore.Tests;

/// <summary>Kestrel inside a network: its endpoints, its connections and their end.</summary>
public sealed class KestrelInTunnelTests : IAsyncLifetime
{
    private static readonly byte[] Request = Encoding.ASCII.GetBytes("GET / HTTP/1.1\r\nHost: server\r\n\r\n");

    private Networks _networks = null!;

    public async ValueTask InitializeAsync() => _networks = await Networks.StartAsync();

    public ValueTask DisposeAsync() => _networks.DisposeAsync();

    [Fact]
    public async Task Endpoint_of_the_machine_goes_on_beside_that_of_the_network()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseTunnelTransport();
        builder.Services.AddKeyedSingleton<TunnelNetwork>("office", _networks.Server);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.ListenTunnel("office", 80);
            kestrel.Listen(IPAddress.Loopback, 0);
        });
        await using var application = builder.Build();
        application.Run(context => context.Response.WriteAsync(context.Features.Get<ITunnelConnectionFeature>() is null ? "outside" : "inside"));
        await application.StartAsync();
        var addresses = application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses;
        var outside = addresses.Single(address => address.Contains("127.0.0.1", StringComparison.Ordinal));

        Assert.Contains($"http://{Networks.ServerAddress}:80", addresses);
        using var inner = new HttpClient(_networks.Client.CreateHttpHandler());
        using var outer = new HttpClient();
        Assert.Equal("inside", await inner.GetStringAsync(Networks.Uri(80)));
        Assert.Equal("outside", await outer.GetStringAsync(new Uri(outside)));
    }

    [Fact]
    public void Listening_without_the_transport_says_what_is_missing()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenTunnel(_networks.Server, 80));

        var error = Assert.Throws<InvalidOperationException>(builder.Build);

        Assert.Contains("UseTunnelTransport", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Port_that_is_taken_is_an_error_of_the_start()
    {
        await using var first = _networks.Server.Listen(80);

        var error = await Assert.ThrowsAsync<IOException>(() => WebServer.StartAsync(_networks.Server, _ => { }, port: 80));

        Assert.Contains("address already in use", error.Message, StringComparison.Ordinal);
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Handler_hears_of_a_client_that_goes_away_or_is_no_peer_any_more(bool isRemoved)
    {
        var began = new TaskCompletionSource();
        var aborted = new TaskCompletionSource();
        await using var server = await WebServer.StartAsync(_networks.Server, async context =>
        {
            began.SetResult();
            await Wait.CancelledAsync(context.RequestAborted);
            aborted.SetResult();
        });
        await using var client = await ConnectAsync(server);
        await client.Output.WriteAsync(Request);
        await began.Task.Soon();

        if (isRemoved)
        {
            _networks.Server.SetPeers([]);
        }
        else
        {
            client.Abort();
        }

        await aborted.Task.Soon();
    }

    [Fact]
    public async Task Client_that_resets_within_a_request_is_no_error_of_the_server()
    {
        var began = new TaskCompletionSource();
        var ended = new TaskCompletionSource<Exception?>();
        await using var server = await WebServer.StartAsync(_networks.Server, async context =>
        {
            began.SetResult();
            try
            {
                await context.Request.Body.ReadExactlyAsync(new byte[10]);
                ended.SetResult(null);
            }
            catch (Exception error)
            {
                ended.SetResult(error);
                throw;
            }
        });
        await using var client = await ConnectAsync(server);
        await client.Output.WriteAsync(Encoding.ASCII.GetBytes("POST / HTTP/1.1\r\nHost: server\r\nContent-Length: 10\r\n\r\n"));
        await began.Task.Soon();

        client.Abort();

        Assert.True(await ended.Task.Soon() is OperationCanceledException or ConnectionResetException);
        await server.DisposeAsync();
        Assert.Empty(server.Log.Of(LogLevel.Error));
    }

    [Fact]
    public async Task Client_that_resets_within_the_answer_is_no_error_of_the_server()
    {
        var ended = new TaskCompletionSource();
        await using var server = await WebServer.StartAsync(_networks.Server, async context =>
        {
            var piece = new byte[100_000];
            while (!context.RequestAborted.IsCancellationRequested)
            {
                await context.Response.Body.WriteAsync(piece);
            }

            ended.SetResult();
        });
        await using var client = await ConnectAsync(server);
        await client.Output.WriteAsync(Request);
        client.Input.AdvanceTo((await client.Input.ReadAsync().AsTask().Soon()).Buffer.End);

        client.Abort();

        await ended.Task.Soon();
        await server.DisposeAsync();
        Assert.Empty(server.Log.Of(LogLevel.Warning));
    }

    [Fact]
    public async Task Abort_of_a_request_resets_its_connection()
    {
        await using var server = await WebServer.StartAsync(_networks.Server, context =>
        {
            context.Abort();
            return Task.CompletedTask;
        });
        await using var client = await ConnectAsync(server);
        await client.Output.WriteAsync(Request);

        await Assert.ThrowsAsync<IOException>(() => client.Input.ReadAsync().AsTask().Soon());
    }

    [Fact]
    public async Task Stopped_host_leaves_no_port_and_no_connection()
    {
        await using var server = await WebServer.StartAsync(_networks.Server, context => context.Response.WriteAsync("ok"));
        using var client = new HttpClient(_networks.Client.CreateHttpHandler());
        await client.GetStringAsync(server.Uri());

        await server.StopAsync().Soon();

        await using var again = _networks.Server.Listen(server.Port);
        await Eventually.TrueAsync(() => Task.FromResult(OpenConnections() == 0), Wait.Limit, "no connection of the server is open");
    }

    [Fact]
    public async Task Stopped_host_aborts_what_does_not_end()
    {
        var began = new TaskCompletionSource();
        await using var server = await WebServer.StartAsync(_networks.Server, async context =>
        {
            began.SetResult();
            await Wait.CancelledAsync(context.RequestAborted);
        });
        await using var client = await ConnectAsync(server);
        await client.Output.WriteAsync(Request);
        await began.Task.Soon();

        await server.StopAsync(new CancellationToken(canceled: true)).Soon();

        await Assert.ThrowsAsync<IOException>(() => client.Input.ReadAsync().AsTask().Soon());
        await Eventually.TrueAsync(() => Task.FromResult(OpenConnections() == 0), Wait.Limit, "no connection of the server is open");
    }

    [Fact]
    public async Task Request_under_way_is_answered_while_the_host_stops()
    {
        var began = new TaskCompletionSource();
        var stopping = new TaskCompletionSource();
        await using var server = await WebServer.StartAsync(_networks.Server, async context =>
        {
            began.SetResult();
            await stopping.Task;
            await context.Response.WriteAsync("ok");
        });
        using var client = new HttpClient(_networks.Client.CreateHttpHandler());
        var asking = client.GetStringAsync(server.Uri());
        await began.Task.Soon();

        var stop = server.StopAsync();
        stopping.SetResult();

        Assert.Equal("ok", await asking.Soon());
        await stop.Soon();
    }

    private int OpenConnections() =>
        _networks.Server.GetTcpConnections(100).Count(connection => connection.State is not (NetStack.TcpState.TimeWait or NetStack.TcpState.Closed));

    private Task<TunnelConnection> ConnectAsync(WebServer server) =>
        _networks.Client.ConnectAsync(new IPEndPoint(Networks.ServerAddress, server.Port)).Soon();
}
