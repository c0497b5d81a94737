using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Time.Testing;
using Onetun.Tunnel;

namespace Onetun.Testing.Tests;

/// <summary>Tests as a user writes them, of a service that knows only <see cref="TunnelNetwork"/>.</summary>
public sealed class ServiceTests
{
    [Fact]
    public async Task Readings_arrive_in_a_virtual_network()
    {
        await using var network = new VirtualNetwork(seed: 3, new FakeTimeProvider());
        await network.RunAsync(async () =>
        {
            await using var store = new Store(network.AddHost("store"));
            var sensor = new Sensor(network.AddHost("sensor"), "store", network.Time);
            Assert.True(await sensor.ReportAsync("21.5 °C"));
            Assert.Equal(["21.5 °C"], store.Readings);
        });
    }

    [Fact]
    public async Task Readings_arrive_through_a_real_tunnel()
    {
        await using var pair = await WireGuardPair.StartAsync();
        await using var store = new Store(pair.Second);
        var sensor = new Sensor(pair.First, pair.SecondAddress.ToString(), TimeProvider.System);
        Assert.True(await sensor.ReportAsync("21.5 °C").WaitAsync(Scene.Patience));
        Assert.Equal(["21.5 °C"], store.Readings);
    }

    [Fact]
    public async Task Sensor_tries_again_until_the_network_is_back()
    {
        await using var network = new VirtualNetwork(seed: 3, new FakeTimeProvider())
        {
            DefaultLink = new VirtualLinkOptions { Delay = TimeSpan.FromMilliseconds(40), Loss = 0.05 },
        };
        await network.RunAsync(async () =>
        {
            var host = network.AddHost("sensor");
            await using var store = new Store(network.AddHost("store"));
            network.Isolate(host);
            var reporting = new Sensor(host, "store", network.Time).ReportAsync("22 °C");
            using var later = new PeriodicTimer(TimeSpan.FromSeconds(50), network.Time);
            await later.WaitForNextTickAsync();
            Assert.False(reporting.IsCompleted);
            Assert.Empty(store.Readings);
            network.Heal();
            Assert.True(await reporting);
            Assert.Equal(["22 °C"], store.Readings);
        });
    }

    [Fact]
    public async Task Sensor_gives_up_after_ten_attempts()
    {
        await using var network = new VirtualNetwork(seed: 3, new FakeTimeProvider());
        network.AddHost("store"); // On which nothing listens
        var sensor = new Sensor(network.AddHost("sensor"), "store", network.Time);
        Assert.False(await network.RunAsync(sensor.ReportAsync("23 °C")));
    }

    /// <summary>Takes readings, one a line.</summary>
    private sealed class Store : IAsyncDisposable
    {
        private readonly TunnelListener _listener;
        private readonly Task _serving;

        public Store(TunnelNetwork network)
        {
            _listener = network.Listen(9000);
            _serving = ServeAsync();
        }

        public List<string> Readings { get; } = [];

        public async ValueTask DisposeAsync()
        {
            await _listener.DisposeAsync();
            await _serving;
        }

        private async Task ServeAsync()
        {
            await foreach (var connection in _listener.AcceptAllAsync())
            {
                await using (connection)
                {
                    var stream = connection.AsStream();
                    using var reader = new StreamReader(stream);
                    while (await reader.ReadLineAsync() is { } line)
                    {
                        Readings.Add(line);
                        await stream.WriteAsync("ok\n"u8.ToArray());
                    }
                }
            }
        }
    }

    /// <summary>Reports readings, and tries again every ten seconds.</summary>
    private sealed class Sensor(TunnelNetwork network, string store, TimeProvider time)
    {
        public async Task<bool> ReportAsync(string reading)
        {
            var target = IPAddress.TryParse(store, out var address) ? (EndPoint)new IPEndPoint(address, 9000) : new DnsEndPoint(store, 9000);
            using var retry = new PeriodicTimer(TimeSpan.FromSeconds(10), time);
            for (var attempt = 0; attempt < 10; attempt++)
            {
                try
                {
                    await using var connection = await network.ConnectAsync(target, new ConnectOptions { Timeout = TimeSpan.FromSeconds(5) });
                    var stream = connection.AsStream();
                    await using var writer = new StreamWriter(stream) { AutoFlush = true };
                    await writer.WriteLineAsync(reading);
                    using var reader = new StreamReader(stream);
                    return await reader.ReadLineAsync() == "ok";
                }
                catch (Exception error) when (error is SocketException or IOException)
                {
                    await retry.WaitForNextTickAsync();
                }
            }

            return false;
        }
    }
}
