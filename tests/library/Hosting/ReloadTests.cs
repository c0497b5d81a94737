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
        using var host = await StartWithSectionAsync();
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
    public async Task Change_of_peers_is_told_once_and_no_other()
    {
        using var host = await StartWithSectionAsync();
        var configuration = (IConfigurationRoot)host.Services.GetRequiredService<IConfiguration>();

        configuration.Reload();

        Assert.DoesNotContain(_log.All, line => line.Event == "PeersReloaded");

        using var shared = PresharedKey.Generate();
        configuration["Office:Peers:0:PresharedKey"] = shared.ToBase64();
        configuration.Reload();
        configuration.Reload(); // As one change of a file may be seen twice

        var told = Assert.Single(_log.All, line => line.Event == "PeersReloaded");
        Assert.Equal("The peers of tunnel office have changed: 1 in all", told.Text.TrimEnd());
        await host.StopAsync().Soon();
    }

    [Fact]
    public async Task File_that_changes_changes_the_peers_and_a_bad_one_does_not()
    {
        var path = Path.GetTempFileName();
        await File.WriteAllTextAsync(path, _keys.ToWgQuick());
        var time = new FakeTimeProvider();
        var builder = NewBuilder();
        builder.Services.AddSingleton<TimeProvider>(time);
        builder.Services.AddWireGuardTunnel("office").FromWgQuickFile(path, reloadOnChange: true);
        using var host = builder.Build();
        await host.StartAsync().Soon();
        var tunnel = host.Services.GetRequiredService<WireGuardTunnel>();
        Assert.Single(tunnel.Peers);

        await File.WriteAllTextAsync(path, WithOneMore());
        await UntilAsync(time, () => tunnel.Peers.Count == 2);
        await File.WriteAllTextAsync(path, _keys.ToWgQuick() + "nonsense");
        await UntilAsync(time, () => _log.Of(LogLevel.Error).Any());

        Assert.Equal(2, tunnel.Peers.Count);
        Assert.Contains("nonsense", _log.Of(LogLevel.Error).Single().Text, StringComparison.Ordinal);
        await host.StopAsync().Soon();
        File.Delete(path);
    }

    [Fact]
    public async Task File_is_not_looked_at_unless_that_was_asked_for()
    {
        var path = Path.GetTempFileName();
        await File.WriteAllTextAsync(path, _keys.ToWgQuick());
        var time = new FakeTimeProvider();
        var builder = NewBuilder();
        builder.Services.AddSingleton<TimeProvider>(time);
        builder.Services.AddWireGuardTunnel("office").FromWgQuickFile(path);
        using var host = builder.Build();
        await host.StartAsync().Soon();

        await File.WriteAllTextAsync(path, WithOneMore());
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
        await File.WriteAllTextAsync(path, _keys.ToWgQuick());
        using var host = builder.Build();

        await host.StartAsync().Soon();

        var tunnel = host.Services.GetRequiredService<WireGuardTunnel>();
        Assert.Equal((_keys.Ours.PublicKey, _keys.Theirs.PublicKey), (tunnel.PublicKey, tunnel.Peers.Single().PublicKey));
        await host.StopAsync().Soon();
        File.Delete(path);
    }

    [Fact]
    public async Task What_a_file_of_wg_quick_has_in_vain_is_told_at_the_start_and_when_it_has_changed()
    {
        var path = Path.GetTempFileName();
        await File.WriteAllTextAsync(path, _keys.ToWgQuick().Replace("AllowedIPs", "AlowedIPs", StringComparison.Ordinal));
        var time = new FakeTimeProvider();
        var builder = NewBuilder();
        builder.Services.AddSingleton<TimeProvider>(time);
        builder.Services.AddWireGuardTunnel("office").FromWgQuickFile(path, reloadOnChange: true);
        using var host = builder.Build();

        await host.StartAsync().Soon();

        var warning = Assert.Single(_log.Of(LogLevel.Warning));
        Assert.StartsWith($"Tunnel office: {path}: line 6: ", warning.Text, StringComparison.Ordinal);
        Assert.Contains("AlowedIPs", warning.Text, StringComparison.Ordinal);

        await File.WriteAllTextAsync(path, _keys.ToWgQuick() + "PersistentKepalive = 25");
        await UntilAsync(time, () => _log.Of(LogLevel.Warning).Count() > 1);

        Assert.Contains("PersistentKepalive", _log.Of(LogLevel.Warning).Last().Text, StringComparison.Ordinal);
        await host.StopAsync().Soon();
        File.Delete(path);
    }

    private async Task<IHost> StartWithSectionAsync()
    {
        var builder = NewBuilder();
        builder.Configuration.AddInMemoryCollection(_keys.Settings("Office"));
        builder.Services.AddWireGuardTunnel("office", builder.Configuration.GetSection("Office"));
        var host = builder.Build();
        await host.StartAsync().Soon();
        return host;
    }

    private string WithOneMore() => $"""
        {_keys.ToWgQuick()}
        [Peer]
        PublicKey = {_added}
        AllowedIPs = 192.168.4.9/32
        """;

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
