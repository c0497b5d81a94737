using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Onetun.Extensions.Hosting;
using Onetun.Interop;
using Onetun.Tests.Library;
using Onetun.Tunnel;
using Onetun.WireGuard;

namespace Onetun.Hosting.Tests;

/// <summary>Peers that change while the tunnel runs.</summary>
public sealed class ReloadTests : IDisposable
{
    private readonly HostKeys _keys = new();
    private readonly LogLines _log = new();
    private readonly PublicKey _added = PrivateKey.Generate().PublicKey;

    public void Dispose() => _keys.Dispose();

    [Fact]
    public async Task Section_that_changes_changes_the_peers()
    {
        var builder = NewBuilder();
        builder.Configuration.AddInMemoryCollection(_keys.Settings("Office"));
        builder.Services.AddWireGuardTunnel("office", builder.Configuration.GetSection("Office"));
        using var host = builder.Build();
        await host.StartAsync().Soon();
        var tunnel = host.Services.GetRequiredService<WireGuardTunnel>();
        var configuration = (IConfigurationRoot)host.Services.GetRequiredService<IConfiguration>();

        configuration["Office:Peers:1:PublicKey"] = _added.ToString();
        configuration["Office:Peers:1:AllowedIPs:0"] = "192.168.4.9/32";
        configuration.Reload();

        Assert.Equal(2, tunnel.Peers.Count);
        Assert.Contains(tunnel.Peers, peer => peer.PublicKey == _added);

        configuration["Office:Peers:1:PublicKey"] = "nonsense";
        configuration.Reload();

        Assert.Equal(2, tunnel.Peers.Count);
        var refused = Assert.Single(_log.Of(LogLevel.Error));
        Assert.Contains("Office:Peers:1:PublicKey", refused.Text, StringComparison.Ordinal);
        await host.StopAsync().Soon();
    }

    [Fact]
    public async Task File_that_changes_changes_the_peers_and_a_bad_one_does_not()
    {
        var path = Path.GetTempFileName();
        var time = new FakeTimeProvider();
        var builder = NewBuilder();
        builder.Services.AddSingleton<TimeProvider>(time);
        builder.Services.AddWireGuardTunnel("office").FromFile(path, Load, reloadOnChange: true);
        using var host = builder.Build();
        await host.StartAsync().Soon();
        var tunnel = host.Services.GetRequiredService<WireGuardTunnel>();
        Assert.Single(tunnel.Peers);

        await File.WriteAllTextAsync(path, "more");
        await UntilAsync(time, () => tunnel.Peers.Count == 2);
        await File.WriteAllTextAsync(path, "bad");
        await UntilAsync(time, () => _log.Of(LogLevel.Error).Any());

        Assert.Equal(2, tunnel.Peers.Count);
        Assert.Contains("line 3", _log.Of(LogLevel.Error).Single().Text, StringComparison.Ordinal);
        await host.StopAsync().Soon();
        File.Delete(path);
    }

    [Fact]
    public async Task File_is_not_looked_at_unless_that_was_asked_for()
    {
        var path = Path.GetTempFileName();
        var time = new FakeTimeProvider();
        var builder = NewBuilder();
        builder.Services.AddSingleton<TimeProvider>(time);
        builder.Services.AddWireGuardTunnel("office").FromFile(path, Load, reloadOnChange: false);
        using var host = builder.Build();
        await host.StartAsync().Soon();

        await File.WriteAllTextAsync(path, "more");
        time.Advance(TimeSpan.FromMinutes(1));

        Assert.Single(host.Services.GetRequiredService<WireGuardTunnel>().Peers);
        await host.StopAsync().Soon();
        File.Delete(path);
    }

    [Fact]
    public async Task File_of_wg_quick_is_a_tunnel()
    {
        var path = Path.GetTempFileName();
        var builder = NewBuilder();
        builder.Services.AddWireGuardTunnel("office").FromWgQuickFile(path);
        await File.WriteAllTextAsync(path, $"""
            [Interface]
            PrivateKey = {_keys.Ours.ToBase64()}
            Address = {Networks.ServerAddress}/24
            [Peer]
            PublicKey = {_keys.Theirs.PublicKey}
            AllowedIPs = {Networks.ClientAddress}/32
            """);
        using var host = builder.Build();

        await host.StartAsync().Soon();

        var tunnel = host.Services.GetRequiredService<WireGuardTunnel>();
        Assert.Equal((_keys.Ours.PublicKey, _keys.Theirs.PublicKey), (tunnel.PublicKey, tunnel.Peers.Single().PublicKey));
        await host.StopAsync().Soon();
        File.Delete(path);
    }

    private TunnelOptions Load(string path)
    {
        var options = _keys.ToOptions();
        return File.ReadAllText(path) switch
        {
            "" => options,
            "more" => options with { Peers = [.. options.Peers, new PeerOptions { PublicKey = _added }] },
            _ => throw new FormatException("line 3: nonsense"),
        };
    }

    private static Task UntilAsync(FakeTimeProvider time, Func<bool> condition) => Eventually.TrueAsync(
        () =>
        {
            time.Advance(FileSource.Interval);
            return Task.FromResult(condition());
        },
        Wait.Limit,
        "the file was read");

    private HostApplicationBuilder NewBuilder()
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Logging.AddProvider(_log);
        return builder;
    }
}
