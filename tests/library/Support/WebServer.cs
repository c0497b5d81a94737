using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Onetun.Tunnel;
using KestrelListenOptions = Microsoft.AspNetCore.Server.Kestrel.Core.ListenOptions;

namespace Onetun.Tests.Library;

/// <summary>Kestrel in a network, on a free port of it.</summary>
internal sealed class WebServer : IAsyncDisposable
{
    private readonly WebApplication _application;

    private WebServer(WebApplication application, LogLines log) => (_application, Log) = (application, log);

    public LogLines Log { get; }

    public int Port { get; private set; }

    public static Task<WebServer> StartAsync(
        TunnelNetwork network, RequestDelegate answer, Action<KestrelListenOptions>? endPoint = null, LogLevel logged = LogLevel.Debug) =>
        StartAsync(network, application => application.Run(answer), endPoint, logged: logged);

    public static async Task<WebServer> StartAsync(
        TunnelNetwork network, Action<WebApplication> configure, Action<KestrelListenOptions>? endPoint = null,
        Action<IServiceCollection>? services = null, int port = 0, LogLevel logged = LogLevel.Debug)
    {
        var log = new LogLines();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders().AddProvider(log).SetMinimumLevel(logged);
        builder.WebHost.UseTunnelTransport().UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenTunnel(network, port, endPoint ?? (_ => { })));
        services?.Invoke(builder.Services);
        var application = builder.Build();
        configure(application);
        await application.StartAsync();
        var address = application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        return new WebServer(application, log) { Port = new Uri(address).Port };
    }

    public Uri Uri(string path = "/", string scheme = "http") => Networks.Uri(Port, path, scheme);

    public Task StopAsync(CancellationToken cancellationToken = default) => _application.StopAsync(cancellationToken);

    public ValueTask DisposeAsync() => _application.DisposeAsync();
}
