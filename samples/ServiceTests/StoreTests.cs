using System.Net.Sockets;
using Microsoft.Extensions.Time.Testing;
using Onetun.Testing;
using Onetun.Tunnel;
using Xunit;

namespace ServiceTests;

/// <summary>The store and its client in networks good and bad, all of them in this process.</summary>
public sealed class StoreTests
{
    [Fact]
    public async Task It_gives_back_what_was_set()
    {
        await using var network = new VirtualNetwork(seed: 1, new FakeTimeProvider());
        await network.RunAsync(() => SetAndGetAsync(network.AddHost("store"), network.AddHost("app"), "store"));
    }

    [Fact]
    public async Task It_gives_back_what_was_set_over_a_bad_link()
    {
        await using var network = new VirtualNetwork(seed: 1, new FakeTimeProvider())
        {
            DefaultLink = new VirtualLinkOptions { Delay = TimeSpan.FromMilliseconds(300), Loss = 0.2 },
        };
        var began = network.Time.GetTimestamp();
        await network.RunAsync(() => SetAndGetAsync(network.AddHost("store"), network.AddHost("app"), "store"));
        Assert.True(network.GetStatistics().Lost > 0);
        Assert.True(network.Time.GetElapsedTime(began) > TimeSpan.FromSeconds(2)); // Which nobody has waited for
    }

    [Fact]
    public async Task It_gives_back_what_was_set_through_WireGuard()
    {
        await using var pair = await WireGuardPair.StartAsync();
        await SetAndGetAsync(pair.First, pair.Second, $"{pair.FirstAddress}").WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task The_client_asks_until_a_partition_heals()
    {
        await using var network = new VirtualNetwork(seed: 1, new FakeTimeProvider());
        await network.RunAsync(async () =>
        {
            var (host, app) = (network.AddHost("store"), network.AddHost("app"));
            await using var store = new Store(host);
            var client = new StoreClient(app, "store");
            network.Partition(host, app);
            var outage = TimeSpan.FromSeconds(30);
            await using var healing = network.Time.CreateTimer(_ => network.Heal(host, app), null, outage, Timeout.InfiniteTimeSpan);
            var began = network.Time.GetTimestamp();
            await client.SetAsync("sky", "blue");
            Assert.True(network.Time.GetElapsedTime(began) > outage);
            Assert.True(client.Attempts > 1);
            Assert.Equal("blue", await client.GetAsync("sky"));
        });
    }

    [Fact]
    public async Task The_client_gives_up_after_ten_attempts()
    {
        await using var network = new VirtualNetwork(seed: 1, new FakeTimeProvider());
        await network.RunAsync(async () =>
        {
            network.AddHost("store"); // On which nothing listens
            var client = new StoreClient(network.AddHost("app"), "store");
            var error = await Assert.ThrowsAsync<SocketException>(() => client.GetAsync("sky"));
            Assert.Equal((SocketError.ConnectionRefused, 10), (error.SocketErrorCode, client.Attempts));
        });
    }

    /// <summary>What the store is for, in any network.</summary>
    private static async Task SetAndGetAsync(TunnelNetwork there, TunnelNetwork here, string host)
    {
        await using var store = new Store(there);
        var client = new StoreClient(here, host);
        await client.SetAsync("sky", "blue");
        await client.SetAsync("sky", "grey and blue");
        Assert.Equal("grey and blue", await client.GetAsync("sky"));
        Assert.Equal("", await client.GetAsync("sea"));
    }
}
