using Microsoft.AspNetCore.Server.Kestrel.Core;
using Onetun.Tunnel;

namespace Greetings;

/// <summary>Kestrel inside the network: nobody else reaches it.</summary>
internal static class Server
{
    public const int Port = 50051;

    public static async Task RunAsync(string path)
    {
        using var file = WgQuickConfiguration.Load(path);
        await using var tunnel = await WireGuardTunnel.StartAsync(file.ToOptions());
        Console.WriteLine("Waiting for the handshake");
        await tunnel.WaitForHandshakeAsync();                        // now the peer knows where we are; PersistentKeepalive keeps it so
        await using var server = Create(tunnel);
        await server.StartAsync();
        Console.WriteLine($"Greeting who calls {string.Join(' ', server.Urls)}; Ctrl-C ends it");
        await server.WaitForShutdownAsync();
    }

    public static WebApplication Create(TunnelNetwork network)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.Services.AddGrpc();
        builder.WebHost.UseTunnelTransport().ConfigureKestrel(kestrel => kestrel.ListenTunnel(
            network,
            Port,
            endPoint => endPoint.Protocols = HttpProtocols.Http2));  // without TLS: WireGuard encrypts
        var application = builder.Build();
        application.MapGrpcService<GreeterService>();
        return application;
    }
}
