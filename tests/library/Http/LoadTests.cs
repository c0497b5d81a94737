using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Onetun.Extensions.Http;
using Onetun.Interop;
using Onetun.Tests.Library;
using Onetun.Tests.Support;

namespace Onetun.Http.Tests;

/// <summary>A minute of requests, alone in the process, whose memory is measured.</summary>
[Collection(Alone.Name)]
public sealed class LoadTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const int Parallel = 200;

    private Networks _networks = null!;

    public async ValueTask InitializeAsync() => _networks = await Networks.StartAsync();

    public ValueTask DisposeAsync() => _networks.DisposeAsync();

    [Fact]
    public async Task Two_hundred_requests_at_a_time_have_their_own_answers_for_a_minute_and_leave_nothing()
    {
        await using var server = await WebServer.StartAsync(
            _networks.Server, context => context.Response.WriteAsync(context.Request.Path), logged: LogLevel.Warning);
        using var client = new HttpClient(_networks.Client.CreateHttpHandler(handler =>
        {
            // .NET itself opens one more when a request waits that another connection then serves, and closes those long unused
            handler.MaxConnectionsPerServer = Parallel;
            handler.PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan;
        }));

        // What is made once is made in the first seconds
        var first = await AskAsync(client, server, TimeSpan.FromSeconds(15));
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var second = await AskAsync(client, server, TimeSpan.FromSeconds(45));
        var grown = GC.GetTotalMemory(forceFullCollection: true) - before;
        output.WriteLine($"{first} and {second} requests, between whose ends the heap has grown by {grown} bytes");

        Assert.True(grown < 20 * second, $"{second} requests have left {grown} bytes"); // None leaves as much as an object
        Assert.Empty(server.Log.All);
        Assert.InRange(_networks.Client.GetStatistics().Stack.Connections, 1, Parallel);
        client.Dispose();
        await Eventually.TrueAsync(
            () => Task.FromResult(_networks.Server.GetStatistics().Stack.Connections == 0), // Ours are in TIME-WAIT
            Wait.Limit, "the server has no connection left");
    }

    /// <summary>How many requests were answered rightly; the first that was not fails the test.</summary>
    private static async Task<long> AskAsync(HttpClient client, WebServer server, TimeSpan time)
    {
        var (asked, end) = (0L, Environment.TickCount64 + (long)time.TotalMilliseconds);
        await Task.WhenAll(Enumerable.Range(0, Parallel).Select(async _ =>
        {
            while (Environment.TickCount64 < end)
            {
                var path = $"/{Interlocked.Increment(ref asked)}";
                Assert.Equal(path, await client.GetStringAsync(server.Uri(path)).Soon());
            }
        }));
        return asked;
    }
}
