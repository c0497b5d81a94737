using Onetun.Forwarder.Control;
using Onetun.Forwarder.Diagnostics;

namespace Onetun.Forwarder.Tests;

public sealed class StatusHistoryTests
{
    private readonly StatusHistory _history = new();
    private double _seconds;

    [Fact]
    public void A_sample_has_the_rates_of_all_peers_since_the_one_before()
    {
        Look(received: [1000, 500], sent: [0, 0]);
        Look(received: [4000, 500], sent: [0, 700]);
        var (newest, history) = _history.Read();
        Assert.Equal([1, 2], history.UptimeSeconds);
        Assert.Equal([null, 3000], history.ReceivedBytesPerSecond);
        Assert.Equal([null, 700], history.SentBytesPerSecond);
        Assert.Equal(3000, newest.Peers[0].ReceivedBytesPerSecond);
    }

    [Fact]
    public void The_last_five_minutes_are_kept_of_a_day()
    {
        for (var second = 0; second < 86_400; second++)
        {
            Look(received: [second], sent: [0]);
        }

        var history = _history.Read().History;
        Assert.Equal(Enumerable.Range(86_101, 300).Select(second => (double)second), history.UptimeSeconds);
        Assert.Equal(300, history.ReceivedBytesPerSecond.Count);
        Assert.Equal(300, history.SentBytesPerSecond.Count);
        Assert.Equal(300, history.RoundTripSeconds.Count);
    }

    [Fact]
    public void A_round_trip_that_is_not_known_is_a_gap()
    {
        Look(received: [0], sent: [0], roundTrip: 0.02);
        Look(received: [0], sent: [0]);
        Assert.Equal([0.02, null], _history.Read().History.RoundTripSeconds);
    }

    [Fact]
    public void A_peer_that_is_new_is_no_burst()
    {
        Look(received: [0], sent: [0]);
        Look(received: [10, 1_000_000], sent: [0, 0]);
        Assert.Equal([null, 10], _history.Read().History.ReceivedBytesPerSecond);
    }

    private void Look(long[] received, long[] sent, double? roundTrip = null) => _history.Look(new ProcessStatus(
        7, "1.2.3", DateTime.UnixEpoch, ++_seconds, "key", ["192.168.4.3"], 51820,
        [.. received.Zip(sent).Select((bytes, i) => new PeerStatus($"peer {i}", null, null, true, 0, 0, bytes.First, bytes.Second))],
        [])
    {
        RoundTripSeconds = roundTrip,
    });
}
