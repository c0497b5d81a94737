using System.Globalization;

namespace Onetun.Forwarder.Hosting;

/// <summary>
/// Keeps the service manager informed while a gateway runs: by a line on its use, when that has changed, and by signs of life,
/// which come from the tunnel's driver: a process whose tunnel hangs is to be restarted, whatever else of it still moves.
/// </summary>
internal sealed class ServiceReport : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _ending = new();
    private readonly ServiceManager _manager;
    private readonly Func<string> _status;
    private readonly Func<Task> _signOfLife;
    private readonly TimeProvider _time;
    private readonly Task _reporting;

    /// <summary>Says that everything runs, and goes on from there.</summary>
    /// <param name="manager">Who is told.</param>
    /// <param name="status">What people are told now.</param>
    /// <param name="signOfLife">Ends when the tunnel has shown that it goes on.</param>
    /// <param name="time">By which it is told.</param>
    public ServiceReport(ServiceManager manager, Func<string> status, Func<Task> signOfLife, TimeProvider time)
    {
        (_manager, _status, _signOfLife, _time) = (manager, status, signOfLife, time);
        _reporting = manager.IsThere ? Task.WhenAll(TellAsync(Ready()), FeedAsync()) : Task.CompletedTask;
    }

    /// <summary>How a gateway stands, in a line.</summary>
    public static string Of(Gateway gateway)
    {
        var (peers, carried) = (gateway.Peers, gateway.Carried.ToList());
        return string.Create(
            CultureInfo.InvariantCulture,
            $"Sessions with {peers.Count(peer => peer.HasSession)} of {peers.Count} peers, forwards: {carried.Count}, "
            + $"open: {carried.Sum(forward => forward.Traffic.Open)}");
    }

    /// <summary>Does what a signal asks for, and says before and after that it does.</summary>
    public async Task ReloadAsync(Func<Task> reload)
    {
        _manager.Reloading();
        await reload().ConfigureAwait(false);
        Ready();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync().ConfigureAwait(false);
        await _reporting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _ending.Dispose();
    }

    private string Ready()
    {
        var status = _status();
        _manager.Ready(status);
        return status;
    }

    private async Task TellAsync(string told)
    {
        using var timer = new PeriodicTimer(Interval, _time);
        while (await timer.WaitForNextTickAsync(_ending.Token).ConfigureAwait(false))
        {
            // Apart, as it waits for the tunnel's lock: a tunnel that hangs must not hold up the end.
            var status = await Task.Run(_status).WaitAsync(_ending.Token).ConfigureAwait(false);
            if (status != told)
            {
                _manager.Tell(told = status);
            }
        }
    }

    private async Task FeedAsync()
    {
        if (_manager.Watchdog is not { } watchdog)
        {
            return;
        }

        // Half the time, as sd_watchdog_enabled(3) recommends.
        using var timer = new PeriodicTimer(watchdog / 2, _time);
        while (await timer.WaitForNextTickAsync(_ending.Token).ConfigureAwait(false))
        {
            await Task.Run(_signOfLife).WaitAsync(_ending.Token).ConfigureAwait(false);
            _manager.FeedWatchdog();
        }
    }
}
