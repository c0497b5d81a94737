using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Onetun.Extensions.Hosting;
using Onetun.Tests.Library;
using Onetun.Tunnel;

namespace Onetun.Hosting.Tests;

/// <summary>Where relative paths of files begin.</summary>
public sealed class ContentRootTests : IDisposable
{
    private readonly HostKeys _keys = new();
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory();

    public void Dispose()
    {
        _keys.Dispose();
        _root.Delete(recursive: true);
    }

    [Fact]
    public async Task File_of_wg_quick_is_looked_for_in_the_content_root()
    {
        await WriteAsync("wg0.conf", _keys.ToWgQuick());

        await StartAsync(services => services.AddWireGuardTunnel("office").FromWgQuickFile("wg0.conf"));
    }

    [Fact]
    public async Task File_of_the_key_is_looked_for_in_the_content_root()
    {
        await WriteAsync("office.key", _keys.Ours.ToBase64());

        await StartAsync(services => services.AddWireGuardTunnel("office", options =>
        {
            _keys.Fill(options);
            (options.PrivateKey, options.PrivateKeyFile) = (null, "office.key");
        }));
    }

    [Fact]
    public async Task Path_that_is_not_relative_stays()
    {
        await WriteAsync("wg0.conf", _keys.ToWgQuick());

        await StartAsync(services => services.AddWireGuardTunnel("office").FromWgQuickFile(Path.Combine(_root.FullName, "wg0.conf")));
    }

    [Fact]
    public void Path_is_as_it_is_without_a_host()
    {
        using var services = new ServiceCollection().BuildServiceProvider();

        Assert.Equal("wg0.conf", ContentRoot.PathFrom(services, "wg0.conf"));
    }

    private Task WriteAsync(string file, string text) => File.WriteAllTextAsync(Path.Combine(_root.FullName, file), text);

    private async Task StartAsync(Action<IServiceCollection> addTunnel)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { ContentRootPath = _root.FullName });
        addTunnel(builder.Services);
        using var host = builder.Build();

        await host.StartAsync().Soon();

        Assert.Equal(_keys.Ours.PublicKey, host.Services.GetRequiredService<WireGuardTunnel>().PublicKey);
        await host.StopAsync().Soon();
    }
}
