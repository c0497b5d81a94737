using System.Net;
using Microsoft.Extensions.Time.Testing;
using Onetun.Forwarder.Hosting;
using Onetun.Forwarder.Logging;
using Onetun.NetStack;
using Onetun.Tunnel.Forwarding;
using Onetun.WireGuard;
using Xunit;

namespace Onetun.Forwarder.Tests;

public sealed class LimitTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly TestMachine _machine = new();
    private readonly Traffic _traffic = new();
    private readonly TestLog _log = new();

    [Fact]
    public async Task A_connection_beyond_the_limit_is_refused_and_one_that_ends_makes_room()
    {
        using var connections = new ConnectionSet(_traffic, new TcpLimits { MaximumConnections = 2 }, _log);
        Assert.True(await BeginAsync(connections));
        Assert.True(await BeginAsync(connections));
        for (var i = 0; i < 2; i++)
        {
            Assert.False(await BeginAsync(connections));
            connections.End();
        }

        Assert.Equal(2, _traffic.Refused);
        // A flood of them is one line
        Assert.Single(_log.Lines);

        connections.End();
        Assert.True(await BeginAsync(connections));
    }

    [Fact]
    public async Task A_silent_connection_is_reset_and_one_that_speaks_is_not()
    {
        var limits = new TcpLimits { IdleTimeout = TimeSpan.FromSeconds(10) };
        using var connections = new ConnectionSet(_traffic, limits, _log, _time);
        await using var server = new TestEnd();
        await using var client = new TestEnd();
        var relay = connections.RelayAsync(client, server, 1234);
        for (var i = 0; i < 3; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(9));
            await client.ArriveAsync([1]);
            Assert.True(SpinWait.SpinUntil(() => _traffic.BytesUp == i + 1, TimeSpan.FromSeconds(10)));
        }

        Assert.False(relay.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(10));
        await relay;
        Assert.True(client.IsAborted && server.IsAborted);
        Assert.Equal(1, _traffic.Idle);
        Assert.Equal(["[[1234:TCP]] Connection ended after too long a silence (3 bytes up, 0 down)"], _log.Lines);
    }

    [Fact]
    public async Task Limits_are_off_unless_asked_for()
    {
        var (configuration, _) = await _machine.ReadCompleteAsync();
        Assert.Equal(new TcpLimits(), configuration?.Tcp);
        Assert.Equal((TimeSpan.FromSeconds(5), LogFormat.Pretty), (configuration!.Shutdown, configuration.LogFormat));
        Assert.Equal(new TcpOptions().CongestionControl, configuration.Tunnel.Tcp.CongestionControl);
    }

    [Fact]
    public async Task Limits_are_read_from_options_and_variables()
    {
        _machine.Variables["ONETUN_MAX_CONNECTIONS"] = "7";
        _machine.Variables["ONETUN_SHUTDOWN_TIMEOUT"] = "0";
        _machine.Variables["ONETUN_LOG_FORMAT"] = "JSON";
        var (configuration, _) = await _machine.ReadCompleteAsync("--idle-timeout", "30", "--cc", "newreno");
        Assert.Equal(new TcpLimits { MaximumConnections = 7, IdleTimeout = TimeSpan.FromSeconds(30) }, configuration?.Tcp);
        Assert.Equal((TimeSpan.Zero, LogFormat.Json), (configuration!.Shutdown, configuration.LogFormat));
        Assert.Equal(CongestionControl.NewReno, configuration.Tunnel.Tcp.CongestionControl);
    }

    [Fact]
    public async Task Every_congestion_control_of_the_stack_can_be_chosen()
    {
        foreach (var name in Enum.GetNames<CongestionControl>())
        {
            var (configuration, _) = await _machine.ReadCompleteAsync("--cc", name);
            Assert.Equal(name, configuration?.Tunnel.Tcp.CongestionControl.ToString());
        }
    }

    [Theory]
    [InlineData(null, AeadLibrary.OpenSsl)]
    [InlineData("openssl", AeadLibrary.OpenSsl)]
    [InlineData("libsodium", AeadLibrary.Libsodium)]
    public async Task Library_that_encrypts_packets_can_be_chosen(string? name, AeadLibrary library)
    {
        var (configuration, _) = await _machine.ReadCompleteAsync(name is null ? [] : ["--aead", name]);
        Assert.Equal(library, configuration?.Tunnel.AeadLibrary);
    }

    [Theory]
    [InlineData(5, 3.5)]
    [InlineData(60, 58.5)]
    [InlineData(1.5, 0)]
    [InlineData(0, 0)]
    public void Draining_leaves_the_end_of_a_shutdown_to_the_tunnel(double shutdown, double drain) =>
        Assert.Equal(TimeSpan.FromSeconds(drain), Gateway.DrainOf(TimeSpan.FromSeconds(shutdown)));

    [Theory]
    [InlineData("0.0.0.0:8080:192.168.4.2:80", true)]
    [InlineData("[::]:8080:192.168.4.2:80:UDP", true)]
    [InlineData("127.0.0.1:8080:192.168.4.2:80", false)]
    [InlineData("10.0.0.1:8080:192.168.4.2:80", false)]
    public async Task A_forward_that_listens_on_all_addresses_is_warned_of_once(string forward, bool isWarnedOf)
    {
        var (configuration, _) = await _machine.ReadCompleteAsync(forward);
        var warning = $"The port forward {forward} listens on all addresses of this machine: everyone who reaches one of them reaches the destination.";
        Assert.Equal(isWarnedOf ? 1 : 0, configuration!.Warnings.Count(text => text == warning));
    }

    private static async Task<bool> BeginAsync(ConnectionSet connections)
    {
        var source = new IPEndPoint(IPAddress.Loopback, 80);
        await connections.Descriptors.TakeAsync(source, TestContext.Current.CancellationToken);
        return connections.Begin(source);
    }
}
