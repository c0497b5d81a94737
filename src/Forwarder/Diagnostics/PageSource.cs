using System.Text.Json;
using Onetun.Forwarder.Common;
using Onetun.Forwarder.Logging;
using Onetun.NetStack;

namespace Onetun.Forwarder.Diagnostics;

/// <summary>
/// What the page shows of a forwarder. It looks once a second, whether somebody else does or not, so that a page which is opened
/// has the minutes before.
/// </summary>
internal sealed class PageSource : IAsyncDisposable
{
    /// <summary>The most connections that are shown: a table of more is read by nobody.</summary>
    public const int MostConnections = 200;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly IForwarderState _state;
    private readonly StatusHistory _history = new();
    private readonly PeriodicTimer _timer;
    private readonly Task _watching;

    public PageSource(IForwarderState state, TimeProvider? time = null)
    {
        _state = state;
        _timer = new PeriodicTimer(Interval, time ?? TimeProvider.System);
        _history.Look(state.Status);
        _watching = WatchAsync();
    }

    /// <summary>At this moment, as JSON.</summary>
    public string Take()
    {
        var (process, history) = _history.Read();
        var connections = _state.GetTcpConnections(MostConnections);
        var all = _state.Statistics?.Stack.Connections ?? 0;
        var status = new PageStatus(
            process,
            history,
            [.. connections.Select(Of)],
            Math.Max(0, all - connections.Count),
            [.. _state.Lines.Select(Of)]);
        return JsonSerializer.Serialize(status, PageJson.Plain.PageStatus);
    }

    public async ValueTask DisposeAsync()
    {
        _timer.Dispose();
        await _watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task WatchAsync()
    {
        while (await _timer.WaitForNextTickAsync().ConfigureAwait(false))
        {
            _history.Look(_state.Status);
        }
    }

    private static ConnectionStatus Of(TcpConnectionStatistics connection) => new(
        connection.LocalEndPoint.ToString(),
        connection.RemoteEndPoint.ToString(),
        JsonNamingPolicy.KebabCaseLower.ConvertName(connection.State.ToString()),
        connection.Statistics.CongestionWindow,
        connection.Statistics.Retransmissions,
        connection.Statistics.ReceivedBytes,
        connection.Statistics.AcknowledgedBytes)
    {
        RoundTripSeconds = connection.Statistics.RoundTrip is var time && time > TimeSpan.Zero ? time.TotalSeconds : null,
    };

    private static LineStatus Of(LogLine line) =>
        new(line.Time.UtcDateTime, ChoiceName.Of(line.Level), line.Target, line.Message);
}
