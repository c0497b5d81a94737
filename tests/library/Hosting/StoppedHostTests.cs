using System.Net.WebSockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Onetun.Extensions.Http;
using Onetun.Interop;
using Onetun.Tests.Library;
using Onetun.Tests.Support;
using Onetun.Tunnel;

namespace Onetun.Hosting.Tests;

/// <summary>What a process has once its host has stopped, alone in it.</summary>
[Collection(Alone.Name)]
public sealed class StoppedHostTests : IDisposable
{
    private readonly HostKeys _keys = new();

    public void Dispose() => _keys.Dispose();

    [Fact]
    public async Task A_stopped_host_leaves_no_thread_socket_or_timer()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "threads and sockets are counted in /proc");
        await ServeAsync(); // What is made once is made in the first
        var before = await SettleAsync(most: null);
        for (var i = 0; i < 5; i++)
        {
            await ServeAsync();
        }

        await SettleAsync(before);
    }

    /// <summary>A host's life, with a request answered, and a WebSocket open at its end.</summary>
    private async Task ServeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Configuration.AddInMemoryCollection(_keys.Settings("Office"));
        builder.Services.AddWireGuardTunnel("office", builder.Configuration.GetSection("Office"));
        builder.WebHost.UseTunnelTransport().ConfigureKestrel(kestrel => kestrel.ListenTunnel("office", 80));
        await using var application = builder.Build();
        application.UseWebSockets();
        application.Run(context => context.WebSockets.IsWebSocketRequest ? ListenAsync(context) : context.Response.WriteAsync("inside"));
        await application.StartAsync().Soon();
        var tunnel = application.Services.GetRequiredKeyedService<WireGuardTunnel>("office");
        await using var peer = await _keys.StartPeerAsync(tunnel.LocalEndPoint);
        using var client = new HttpClient(peer.CreateHttpHandler());
        Assert.Equal("inside", await client.GetStringAsync(Networks.Uri(80)).Soon());
        using var socket = new ClientWebSocket();
        await socket.ConnectAsync(Networks.Uri(80, scheme: "ws"), client, CancellationToken.None).Soon();
        await application.StopAsync(new CancellationToken(canceled: true)).Soon();
    }

    private static async Task ListenAsync(HttpContext context)
    {
        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        await Assert.ThrowsAnyAsync<Exception>(() => socket.ReceiveAsync(new byte[1], context.RequestAborted));
    }

    /// <summary>What the process has as soon as it is no more than that.</summary>
    private static async Task<Held> SettleAsync(Held? most)
    {
        var held = new Held();
        await Eventually.TrueAsync(
            () =>
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
                held = Held.Count();
                return Task.FromResult(most is not { } bound || (held.Threads <= bound.Threads && held.Sockets <= bound.Sockets && held.Timers <= bound.Timers));
            },
            Wait.Limit, $"no more than {most}");
        return held;
    }

    /// <summary>Threads besides those of the pool, which come and go; sockets; timers.</summary>
    private readonly record struct Held(int Threads, int Sockets, long Timers)
    {
        public static Held Count() => new(
            Directory.GetDirectories("/proc/self/task").Count(thread => !Read(Path.Combine(thread, "comm")).StartsWith(".NET TP", StringComparison.Ordinal)),
            Directory.GetFiles("/proc/self/fd").Count(file => new FileInfo(file).LinkTarget?.StartsWith("socket:", StringComparison.Ordinal) == true),
            Timer.ActiveCount);

        private static string Read(string file)
        {
            try
            {
                return File.ReadAllText(file);
            }
            catch (IOException)
            {
                return ""; // It has ended
            }
        }
    }
}
