namespace Onetun.Soak;

/// <summary>Makes one fault after the other, in an order that the seed decides, and waits each time until the tunnel is well.</summary>
internal sealed class Conductor(
    Forwarder onetun, Peer[] peers, UdpPath[] paths, Routes routes, TcpLoad load, Disturbances disturbances, Tally tally, int seed)
{
    private const string Link = "out";

    /// <summary>A session of 180 s is over then (WireGuard §6.2).</summary>
    private static readonly TimeSpan LongStop = TimeSpan.FromSeconds(200);

    /// <summary>Of the rounds, in each of which all other faults come, one in so many begins with the long stop.</summary>
    private const int RoundsPerLongStop = 4;

    /// <summary>15 s until onetun misses an answer (WireGuard §6.5), some lost handshakes 5 s apart, a SYN's back-off; a busy machine.</summary>
    private static readonly TimeSpan RecoveryLimit = TimeSpan.FromSeconds(90);

    private readonly Random _random = new(seed);
    private int _address = 1;

    /// <summary>The longest that a request took after a fault.</summary>
    public TimeSpan SlowestRecovery { get; private set; }

    public async Task RunAsync(TimeSpan end)
    {
        Func<Task>[] faults =
        [
            BlackoutAsync, BlackoutAsync, ChangePortAsync, MoveAsync, LinkDownAsync, KillAsync, KillAsync, StopPeerAsync, StopAsync,
            ReloadAsync, ReloadChangedAsync, ReloadBrokenAsync, .. onetun.HasClock ? (Func<Task>[])[JumpAsync] : [],
        ];
        for (var round = 0; ; round++)
        {
            if (round % RoundsPerLongStop == 0 && Disturbances.Now + (2 * LongStop) < end)
            {
                await StopLongAsync();
            }

            _random.Shuffle(faults);
            foreach (var fault in faults)
            {
                ChangeWeather();
                await PauseAsync(2, 15);
                if (Disturbances.Now + RecoveryLimit / 2 > end)
                {
                    Array.ForEach(paths, path => path.Weather = Weather.Fair);
                    return;
                }

                await fault();
            }
        }
    }

    private void ChangeWeather()
    {
        foreach (var path in paths)
        {
            path.Weather = new Weather(
                Pick(0, 0.001, 0.005, 0.01, 0.02, 0.05), Pick(0, 0, 0.01, 0.05), TimeSpan.FromMilliseconds(Pick(0, 1, 5, 20)));
            tally.Note($"weather: {path.Weather}");
        }
    }

    private async Task BlackoutAsync()
    {
        using var _ = disturbances.BeginOutage("blackouts");
        var dark = _random.Next(2) == 0 ? paths : [Pick(paths)];
        Weather[] before = [.. dark.Select(path => path.Weather)];
        Array.ForEach(dark, path => path.Weather = Weather.Blackout);
        await PauseAsync(5, 20);
        for (var i = 0; i < dark.Length; i++)
        {
            dark[i].Weather = before[i];
        }

        await RecoverAsync();
    }

    private async Task ChangePortAsync()
    {
        using var _ = disturbances.BeginOutage("new NAT ports");
        await Pick(paths).ChangePortAsync();
        await RecoverAsync();
    }

    private async Task MoveAsync()
    {
        using var _ = disturbances.BeginOutage("moves to another address");
        var old = Address(_address);
        _address = 1 + (_address % 100);
        await Command.RunAsync("ip", "address", "delete", old, "dev", Link);
        await PauseAsync(0, 5);
        await Command.RunAsync("ip", "address", "add", Address(_address), "dev", Link);
        await RecoverAsync();
    }

    private async Task LinkDownAsync()
    {
        using var _ = disturbances.BeginOutage("links down");
        await Command.RunAsync("ip", "link", "set", Link, "down");
        await PauseAsync(1, 10);
        await Command.RunAsync("ip", "link", "set", Link, "up");
        await RecoverAsync();
    }

    private async Task KillAsync()
    {
        using var _ = disturbances.BeginOutage("peers killed");
        var peer = Pick(peers);
        await peer.KillAsync();
        await PauseAsync(0, 10);
        await peer.StartAsync();
        await RecoverAsync();
    }

    private async Task StopPeerAsync()
    {
        using var _ = disturbances.BeginOutage("peers stopped");
        var peer = Pick(peers);
        peer.Signal(Libc.Stop);
        await PauseAsync(2, 20);
        peer.Signal(Libc.Continue);
        await RecoverAsync();
    }

    private async Task StopAsync()
    {
        using var _ = disturbances.BeginOutage("stops");
        await StopAsync(TimeSpan.FromSeconds(_random.Next(2, 20)));
        await RecoverAsync();
    }

    private async Task StopLongAsync()
    {
        using var _ = disturbances.BeginLongOutage("stops of 200 s");
        await StopAsync(LongStop);
        await RecoverAsync();
    }

    private async Task StopAsync(TimeSpan time)
    {
        onetun.Signal(Libc.Stop);
        await Task.Delay(time);
        onetun.Signal(Libc.Continue);
    }

    private async Task ReloadAsync()
    {
        tally.Disturbed("reloads");
        tally.Note("fault: reload of the same file");
        await onetun.ReloadAsync(routes.Forwards);
    }

    private async Task ReloadChangedAsync()
    {
        tally.Disturbed("reloads");
        using var _ = disturbances.BeginRemoval("forwards removed and added");
        await onetun.ReloadAsync([.. routes.Forwards.SkipLast(1)]);
        await PauseAsync(1, 10);
        await onetun.ReloadAsync(routes.Forwards);
        // Connections of the forward that went have a few seconds to end
        await PauseAsync(5, 10);
    }

    private async Task ReloadBrokenAsync()
    {
        tally.Disturbed("broken files");
        tally.Note("fault: reload of a broken file");
        await onetun.ReloadAsync([.. routes.Forwards, "127.0.0.1:no-port:10.99.0.1:7"], "is refused, and the old one stays in force");
    }

    private async Task JumpAsync()
    {
        var ahead = Pick(TimeSpan.FromHours(-1), TimeSpan.FromHours(1), TimeSpan.FromDays(-400), TimeSpan.FromDays(400), TimeSpan.Zero);
        using var _ = disturbances.BeginOutage("clock jumps");
        tally.Note($"the clock is {ahead} ahead");
        await onetun.SetClockAsync(ahead);
        await RecoverAsync();
    }

    /// <summary>Asks both peers, and the one from the other side, until each answers.</summary>
    private async Task RecoverAsync()
    {
        var began = Disturbances.Now;
        await Task.WhenAll(routes.Standing.Select(AskUntilAnsweredAsync));
        var took = Disturbances.Now - began;
        SlowestRecovery = took > SlowestRecovery ? took : SlowestRecovery;
        tally.Note($"all routes answer after {took.TotalSeconds:0.0} s");
        if (took > RecoveryLimit)
        {
            tally.Fail($"it took {took.TotalSeconds:0} s until all routes answered again");
        }
    }

    private async Task AskUntilAnsweredAsync(Route route)
    {
        var end = Disturbances.Now + (2 * RecoveryLimit);
        while (!await load.AskAsync(route, Random.Shared) && Disturbances.Now < end)
        {
            await Task.Delay(TimeSpan.FromSeconds(1));
        }
    }

    private static string Address(int host) => $"192.0.2.{host}/24";

    private T Pick<T>(params T[] choices) => choices[_random.Next(choices.Length)];

    private Task PauseAsync(int least, int most) => Task.Delay(TimeSpan.FromSeconds(least + ((most - least) * _random.NextDouble())));
}
