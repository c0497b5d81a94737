namespace Onetun.NetStack.Tests;

/// <summary>CUBIC and HyStart, over a path of 100 ms if nothing else is said, that holds whatever it is given: RFC 9438, RFC 9406.</summary>
public sealed class CubicTests
{
    // Segments apart, so that there are ACKs enough to measure
    private static readonly LinkOptions Wide = new() { Delay = TimeSpan.FromMilliseconds(50), Rate = 10e9 };
    private static readonly TimeSpan Round = TimeSpan.FromMilliseconds(100);

    [Fact]
    public void Window_grows_by_at_most_half_in_a_round_trip()
    {
        (var network, var client, _) = Lossy();
        var start = client.Sender.Congestion.Window;
        for (var round = 0; round < 60; round++)
        {
            var before = client.Sender.Congestion.Window;
            network.Run(Round);
            Assert.InRange(client.Sender.Congestion.Window, before, (before * 3 / 2) + 1);
        }

        Assert.True(client.Sender.Congestion.Window > start);
    }

    // A busy host: only the first ACK of those it takes together finds the window full
    [Fact]
    public void Acknowledgments_taken_together_do_not_slow_growth_down()
    {
        long WindowAfter(TimeSpan batching)
        {
            (var network, var client, _) = Lossy(batching);
            network.Run(TimeSpan.FromSeconds(6));
            return client.Sender.Congestion.Window;
        }

        var window = WindowAfter(TimeSpan.Zero);
        Assert.InRange(WindowAfter(TimeSpan.FromMilliseconds(10)), window * 0.8, window * 1.2);
    }

    [Fact]
    public void Window_grows_by_a_twentieth_in_a_round_trip_until_the_first_loss()
    {
        var client = Jump(milliseconds: 20, seconds: 4);
        var window = client.Sender.Congestion.SlowStartThreshold;
        Assert.InRange(client.Sender.Congestion.Window, window * Math.Pow(1.05, 20), window * Math.Pow(1.05, 32));
    }

    // Over 10 ms the cubic function stays below the window that Reno would have, also past the one at the loss
    [Fact]
    public void Over_a_short_path_the_window_grows_by_half_a_segment_in_each_round_trip()
    {
        (var network, var client, _) = Lossy(oneWay: 5);
        var before = client.Sender.Congestion.Window;
        network.Run(TimeSpan.FromSeconds(3));
        var grown = (client.Sender.Congestion.Window - before) / client.Sender.SegmentSize;
        Assert.InRange(grown, 300 * 0.5, 300 * 0.55);
    }

    [Fact]
    public void Idle_time_earns_no_growth()
    {
        var windows = new long[2];
        for (var idle = 0; idle < 2; idle++)
        {
            (var network, var client, var transfer) = Lossy();
            network.Run(TimeSpan.FromSeconds(1));
            transfer.IsWriting = false;
            network.Run(TimeSpan.FromSeconds(1 + (idle * 60)));
            transfer.IsWriting = true;
            network.Run(TimeSpan.FromSeconds(3));
            windows[idle] = client.Sender.Congestion.Window;
        }

        Assert.InRange(windows[1], 0, windows[0] * 1.1);
    }

    // 20 ms more are beyond the threshold, an eighth of the round trip
    [Fact]
    public void Round_trip_that_jumps_upward_ends_slow_start()
    {
        var client = Jump(milliseconds: 20);
        Assert.InRange(client.Sender.Congestion.SlowStartThreshold, 0, client.Sender.Congestion.Window);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-30)]
    public void Round_trip_that_jumps_downward_does_not(int milliseconds) =>
        Assert.Equal(long.MaxValue, Jump(milliseconds).Sender.Congestion.SlowStartThreshold);

    // The peer offers no SACK; ssthresh is seven tenths of ten segments
    [Fact]
    public void Timeout_is_followed_by_slow_start_and_then_by_avoidance()
    {
        var script = TcpScript.Accepted().Run("""
            0.2   write 60000
                  >> 1..10001
            0.5   >> 1..1001
                  window 1000
            0.6   < ACK 1 ack 1001
                  >> 1001..3001
                  window 2000
            0.7   < ACK 1 ack 2001
                  >> 3001..5001
                  < ACK 1 ack 3001
                  >> 5001..7001
                  window 4000
            0.8   < ACK 1 ack 4001
                  >> 7001..9001
                  < ACK 1 ack 5001
                  >> 9001..11001
                  < ACK 1 ack 6001
                  >> 11001..13001
                  window 7000
            0.9   block
                  < ACK 1 ack 13001
            """);
        Assert.InRange(script.Connection.Sender.Congestion.Window, 7001, 8000);
    }

    /// <summary>A transfer that has repaired one loss, and is in congestion avoidance.</summary>
    private static (VirtualNetwork Network, TcpConnection Client, Transfer Transfer) Lossy(
        TimeSpan batching = default, int oneWay = 50)
    {
        var path = new LinkOptions { Delay = TimeSpan.FromMilliseconds(oneWay) };
        var network = new VirtualNetwork(path with { Drop = n => n == 300 }, path with { Batching = batching });
        (var client, var server) = network.Connect();
        var transfer = network.Send(client, server, long.MaxValue);
        network.Run(TimeSpan.FromSeconds(2));
        Assert.InRange(client.Sender.Congestion.SlowStartThreshold, 1, client.Sender.Congestion.Window);
        return (network, client, transfer);
    }

    private static TcpConnection Jump(int milliseconds, double seconds = 1.2)
    {
        var network = new VirtualNetwork(Wide, Wide with { Delay = TimeSpan.FromMilliseconds(50 + Math.Max(0, -milliseconds)) });
        (var client, var server) = network.Connect();
        network.Send(client, server, long.MaxValue);
        network.Run(TimeSpan.FromMilliseconds(350));
        network.Downstream.Options = Wide with { Delay = TimeSpan.FromMilliseconds(50 + Math.Max(0, milliseconds)) };
        network.Run(TimeSpan.FromSeconds(seconds));
        return client;
    }
}
