using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Onetun.Soak;

/// <summary>One run: a warm-up, what onetun holds, load with faults, and what onetun holds after it.</summary>
internal sealed class Run(int seed, Routes routes, Forwarder onetun, Tally tally)
{
    // Above those of the router in front
    private const int PeerPorts = 1000;

    /// <summary>For code to be compiled, and for pools to have what they keep.</summary>
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(20);

    /// <summary>Flows of datagrams end after 15 s of silence; the collector and the thread pool take their time.</summary>
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LongestRest = TimeSpan.FromMinutes(3);

    /// <summary>What has begun has ended by then: the patience of a connection, and some.</summary>
    private static readonly TimeSpan LoadLimit = TimeSpan.FromMinutes(17);

    private static readonly TimeSpan SampleInterval = TimeSpan.FromSeconds(2);

    private readonly Disturbances _disturbances = new(tally);
    private Peer[] _peers = [];
    private UdpPath[] _paths = [];

    /// <summary>Onetun has been told to end.</summary>
    public bool Stops { get; private set; }

    public async Task StartAsync(string farName, Network far, string directory)
    {
        Serve(far);
        _peers =
        [
            new Peer(
                farName, "soak-first", Routes.FirstPort + PeerPorts, directory,
                $"{Routes.Onetun} dev DEV src {Routes.FirstPeer}", $"{Routes.Onetun6} dev DEV src {Routes.FirstPeer6}"),
            new Peer(farName, "soak-second", Routes.SecondPort + PeerPorts, directory, $"{Routes.Onetun} dev DEV table 98"),
        ];
        await Task.WhenAll(_peers.Select(peer => peer.StartAsync()));
        var router = IPAddress.Parse(Routes.Router);
        _paths =
        [
            new UdpPath(far, new IPEndPoint(router, Routes.FirstPort), Routes.FirstPort + PeerPorts, seed),
            new UdpPath(far, new IPEndPoint(router, Routes.SecondPort), Routes.SecondPort + PeerPorts, seed + 1),
        ];
        await onetun.StartAsync();
    }

    /// <summary>The end of the line of figures.</summary>
    public async Task<string> RunAsync(TimeSpan length)
    {
        var tcp = new TcpLoad(routes, _disturbances, tally);
        var datagrams = new DatagramLoad(routes, _disturbances, tally);
        tally.Note("warm-up");
        await LoadAsync(tcp, datagrams, _ => Task.Delay(WarmUp));
        await Task.Delay(Rest);
        var before = await Footprint.OfAsync(onetun);
        tally.Note($"before: {before}");

        using var ended = new CancellationTokenSource();
        var handshakes = CountHandshakesAsync(ended.Token);
        var conductor = new Conductor(onetun, _peers, _paths, routes, tcp, _disturbances, tally, seed);
        await LoadAsync(tcp, datagrams, async began =>
        {
            await conductor.RunAsync(began + length);
            var left = began + length - Disturbances.Now;
            await Task.Delay(left > TimeSpan.Zero ? left : TimeSpan.Zero);
        });
        await ended.CancelAsync();
        var after = await RestAsync(before);
        await CheckFaultCountersAsync();
        var peak = await Footprint.PeakAsync(onetun);
        await StopAsync();
        var count = await handshakes;
        return string.Create(
            CultureInfo.InvariantCulture,
            $", {count} handshakes, well again after {conductor.SlowestRecovery.TotalSeconds:0} s at most, "
            + $"RSS {before.Resident} -> {after.Resident} MB (most: {peak}), descriptors {before.Handles} -> {after.Handles}, "
            + $"threads {before.Threads} -> {after.Threads}, sockets {before.Ports} -> {after.Ports}");
    }

    private void Serve(Network far)
    {
        _ = new TcpService(far.Open(() => TcpService.Listen(Routes.ServicePort)), tally).RunAsync();
        _ = new TcpService(TcpService.Listen(Routes.NearServicePort), tally).RunAsync();
        foreach (var address in new[] { Routes.FirstPeer, Routes.FirstPeer6, Routes.SecondPeer })
        {
            var local = new IPEndPoint(address, Routes.ServicePort);
            _ = DatagramLoad.EchoAsync(far.Open(() => DatagramLoad.Listen(local)));
        }

        _ = DatagramLoad.EchoAsync(DatagramLoad.Listen(new IPEndPoint(IPAddress.Loopback, Routes.NearServicePort)));
    }

    /// <summary>Load as long as something else takes, and until all of it has ended.</summary>
    private async Task LoadAsync(TcpLoad tcp, DatagramLoad datagrams, Func<TimeSpan, Task> meanwhileAsync)
    {
        using var ending = new CancellationTokenSource();
        var load = Task.WhenAll(tcp.RunAsync(seed, ending.Token), datagrams.RunAsync(seed, ending.Token));
        try
        {
            await meanwhileAsync(Disturbances.Now);
        }
        finally
        {
            await ending.CancelAsync();
        }

        await load.WaitAsync(LoadLimit);
    }

    /// <summary>Until nothing is held that was not before, or as long as it may take.</summary>
    private async Task<Footprint> RestAsync(Footprint before)
    {
        await Task.Delay(Rest);
        var end = Disturbances.Now + LongestRest;
        var after = await Footprint.OfAsync(onetun);
        while (after.Leaks(before).Count > 0 && Disturbances.Now < end)
        {
            await Task.Delay(SampleInterval);
            after = await Footprint.OfAsync(onetun);
        }

        tally.Note($"after: {after}");
        foreach (var leak in after.Leaks(before))
        {
            tally.Fail($"leaked: {leak}");
        }

        return after;
    }

    /// <summary>Sessions end after 180 s at most, so each handshake is seen. A stopped process answers nothing.</summary>
    private async Task<int> CountHandshakesAsync(CancellationToken ended)
    {
        HashSet<(string, double)> seen = [];
        while (!ended.IsCancellationRequested)
        {
            try
            {
                seen.UnionWith((await onetun.MeasureAsync()).Where(
                    one => one.Name.StartsWith("onetun_peer_last_handshake_seconds{", StringComparison.Ordinal)));
            }
            catch (Exception error) when (error is HttpRequestException or TaskCanceledException)
            {
            }

            await Task.Delay(SampleInterval, CancellationToken.None);
        }

        return seen.Count;
    }

    private async Task CheckFaultCountersAsync()
    {
        foreach ((var name, var value) in await onetun.MeasureAsync())
        {
            if (name.Contains("fault", StringComparison.OrdinalIgnoreCase) && value > 0)
            {
                tally.Fail($"{name} is {value}");
            }
        }
    }

    private async Task StopAsync()
    {
        Stops = true;
        var code = await onetun.StopAsync();
        if (code != 0)
        {
            tally.Fail($"onetun exited with {code}");
        }

        foreach (var line in await onetun.FaultsInLogAsync())
        {
            tally.Fail($"in its log: {line}");
        }
    }
}
