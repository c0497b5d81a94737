using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Time.Testing;
using Onetun.Forwarder.Hosting;
using Onetun.Tunnel.Forwarding;
using Xunit;

namespace Onetun.Forwarder.Tests;

/// <summary>What a service manager is told by sd_notify(3).</summary>
public sealed class ServiceManagerTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    public ServiceManagerTests() => Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no datagrams between processes.");

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_manager_is_told_by_a_path_and_by_an_abstract_name(bool isAbstract)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() || !isAbstract, "Only Linux has abstract names.");
        using var there = new TestServiceManager(isAbstract);
        using var manager = there.Find();
        manager.Ready("all is well");
        Assert.Equal("READY=1\nSTATUS=all is well", await there.ReceiveAsync());
        manager.Stopping();
        Assert.StartsWith("STOPPING=1\nSTATUS=", await there.ReceiveAsync());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("@")]
    [InlineData("notify")]
    [InlineData("vsock:2:1234")]
    [InlineData("/nowhere/notify")]
    public void Without_a_manager_that_can_be_reached_nobody_is_told(string? address)
    {
        using var there = new TestServiceManager();
        there.Variables["NOTIFY_SOCKET"] = address!;
        using var manager = there.Find();
        Assert.False(manager.IsThere);
        manager.Ready("");
    }

    [Fact]
    public void A_manager_that_has_gone_is_no_fault()
    {
        var there = new TestServiceManager();
        using var manager = there.Find();
        there.Dispose();
        manager.Ready("");
    }

    [Fact]
    public void Children_are_not_told_of_the_manager()
    {
        foreach (var name in new[] { "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID" })
        {
            Environment.SetEnvironmentVariable(name, "/nowhere");
        }

        using var there = new TestServiceManager();
        using var manager = there.Find();
        Assert.All(
            ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"],
            name => Assert.DoesNotContain(name, new ProcessStartInfo().Environment.Keys));
    }

    [Theory]
    [InlineData("30000000", null, 30.0)]
    [InlineData("30000000", "ours", 30.0)]
    [InlineData("30000000", "1", null)]
    [InlineData("30000000", "x", null)]
    [InlineData(null, null, null)]
    [InlineData("0", null, null)]
    [InlineData("-5", null, null)]
    [InlineData("soon", null, null)]
    [InlineData("1", null, 0.002)]
    [InlineData("9223372036854775807", null, 86400.0)]
    public void The_watchdog_is_that_of_this_process_or_none(string? microseconds, string? process, double? seconds)
    {
        using var there = new TestServiceManager();
        there.Variables["WATCHDOG_USEC"] = microseconds!;
        there.Variables["WATCHDOG_PID"] = (process == "ours" ? Environment.ProcessId.ToString(CultureInfo.InvariantCulture) : process)!;
        using var manager = there.Find();
        Assert.Equal(seconds, manager.Watchdog?.TotalSeconds);
    }

    [Fact]
    public async Task A_reload_has_the_time_of_its_beginning_and_is_followed_by_ready()
    {
        using var there = new TestServiceManager();
        using var manager = there.Find();
        await using var report = new ServiceReport(manager, () => "in use", () => Task.CompletedTask, new FakeTimeProvider());
        Assert.Equal("READY=1\nSTATUS=in use", await there.ReceiveAsync());
        var before = Stopwatch.GetTimestamp();
        await report.ReloadAsync(() => Task.CompletedTask);
        var after = Stopwatch.GetTimestamp();
        var reloading = Regex.Match(await there.ReceiveAsync(), @"^RELOADING=1\nMONOTONIC_USEC=(\d+)$");
        Assert.InRange(
            long.Parse(reloading.Groups[1].Value, CultureInfo.InvariantCulture),
            before / (Stopwatch.Frequency / 1_000_000),
            after / (Stopwatch.Frequency / 1_000_000));
        Assert.Equal("READY=1\nSTATUS=in use", await there.ReceiveAsync());
    }

    [Fact]
    public async Task The_line_on_its_use_is_told_again_when_it_has_changed()
    {
        using var there = new TestServiceManager();
        using var manager = there.Find();
        var (clock, looks) = (new FakeTimeProvider(), 0);
        using var looked = new SemaphoreSlim(0);
        await using var report = new ServiceReport(manager, Look, () => Task.CompletedTask, clock);
        Assert.Equal("READY=1\nSTATUS=quiet", await there.ReceiveAsync());
        for (var i = 0; i < 3; i++)
        {
            await looked.WaitAsync(TestContext.Current.CancellationToken);
            clock.Advance(5 * Second);
        }

        Assert.Equal("STATUS=busy", await there.ReceiveAsync());

        string Look()
        {
            looked.Release();
            return ++looks < 3 ? "quiet" : "busy";
        }
    }

    [Fact]
    public async Task A_tunnel_that_gives_no_sign_of_life_stops_the_watchdog_and_one_that_does_feeds_it_at_half_its_time()
    {
        using var there = new TestServiceManager();
        there.Variables["WATCHDOG_USEC"] = "2000000";
        using var manager = there.Find();
        var clock = new FakeTimeProvider();
        using var asked = new SemaphoreSlim(0);
        var sign = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var report = new ServiceReport(manager, () => "", Prove, clock);
        Assert.StartsWith("READY=1", await there.ReceiveAsync());

        clock.Advance(Second);
        await asked.WaitAsync(TestContext.Current.CancellationToken);
        clock.Advance(10 * Second);
        Assert.True(there.IsQuiet);

        sign.SetResult();
        Assert.Equal("WATCHDOG=1", await there.ReceiveAsync());
        Assert.Equal("WATCHDOG=1", await there.ReceiveAsync());
        clock.Advance(Second);
        Assert.Equal("WATCHDOG=1", await there.ReceiveAsync());

        Task Prove()
        {
            asked.Release();
            return sign.Task;
        }
    }

    [Fact]
    public async Task A_tunnel_that_hangs_does_not_hold_up_the_end_of_the_report()
    {
        using var there = new TestServiceManager();
        there.Variables["WATCHDOG_USEC"] = "2000000";
        using var manager = there.Find();
        var clock = new FakeTimeProvider();
        using var hanging = new ManualResetEventSlim();
        using var asked = new SemaphoreSlim(0);
        var report = new ServiceReport(manager, () => "", Hang, clock);
        clock.Advance(Second);
        await asked.WaitAsync(TestContext.Current.CancellationToken);
        await report.DisposeAsync();
        hanging.Set();

        Task Hang()
        {
            asked.Release();
            hanging.Wait();
            return Task.CompletedTask;
        }
    }

    [Fact]
    public async Task A_tunnel_gives_a_sign_of_life_unless_the_thread_of_its_rounds_hangs()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Elsewhere no round can be begun, and a turn has to do.");
        var cancellation = TestContext.Current.CancellationToken;
        await using var pair = await TunnelPair.StartAsync();
        await pair.Ours.ProveAliveAsync().WaitAsync(60 * Second, cancellation);

        var (ours, theirs) = await pair.ConnectAsync();
        using var going = new ManualResetEventSlim();
        using var hung = new SemaphoreSlim(0);
        ours.ContinuesInline = true;
        var reading = Task.Run(
            async () =>
            {
                await ours.Input.ReadAsync(cancellation);
                hung.Release();
                going.Wait(cancellation);
            },
            cancellation);
        await theirs.Output.WriteAsync("x"u8.ToArray(), cancellation);
        await hung.WaitAsync(60 * Second, cancellation);
        var proof = pair.Ours.ProveAliveAsync();
        Assert.False(proof.IsCompleted);

        going.Set();
        await proof.WaitAsync(60 * Second, cancellation);
        await reading;
        await ours.DisposeAsync();
        await theirs.DisposeAsync();
    }

    [Fact]
    public async Task A_process_tells_its_manager_when_it_is_ready_lives_reloads_and_stops_in_this_order()
    {
        using var there = new TestServiceManager();
        var configuration = $"{there.Address}.conf";
        await File.WriteAllTextAsync(
            configuration,
            $"""
            [Interface]
            PrivateKey = {TestMachine.PrivateKey}
            Address = 192.168.4.3/32
            #!onetun unix:{there.Address}.page:192.168.4.2:80
            [Peer]
            PublicKey = {TestMachine.EndpointKey}
            Endpoint = 127.0.0.1:9
            AllowedIPs = 192.168.4.0/24
            """,
            TestContext.Current.CancellationToken);
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "onetun"), ["--config", configuration])
        {
            Environment = { ["NOTIFY_SOCKET"] = there.Address, ["WATCHDOG_USEC"] = "500000" },
        };
        using var onetun = Process.Start(start)!;
        try
        {
            Assert.Equal("READY=1\nSTATUS=Sessions with 0 of 1 peers, forwards: 1, open: 0", await there.ReceiveAsync());
            Assert.True(File.Exists($"{there.Address}.page"));
            Assert.Equal("WATCHDOG=1", await there.ReceiveAsync());

            Signal("HUP");
            Assert.StartsWith("RELOADING=1\nMONOTONIC_USEC=", await there.ReceiveAsync("RELOADING"));
            Assert.StartsWith("READY=1\nSTATUS=", await there.ReceiveAsync("READY"));

            Signal("TERM");
            Assert.StartsWith("STOPPING=1", await there.ReceiveAsync("STOPPING"));
            await onetun.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.Equal(0, onetun.ExitCode);
        }
        finally
        {
            onetun.Kill();
        }

        void Signal(string name)
        {
            using var kill = Process.Start("kill", ["-s", name, onetun.Id.ToString(CultureInfo.InvariantCulture)]);
            kill.WaitForExit();
        }
    }
}
