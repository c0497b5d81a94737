namespace Onetun.NetStack.Tests;

/// <summary>A long fast path (100 ms, 50 Mbit/s, a queue of one bandwidth-delay product), where mistakes cost the most.</summary>
public sealed class LongPathTests(ITestOutputHelper output)
{
    private static readonly LinkOptions Long = new()
    {
        Rate = 50e6,
        Delay = TimeSpan.FromMilliseconds(50),
        QueueLimit = 625_000,
    };

    [Theory]
    [InlineData(CongestionControl.Cubic, false, 2)]
    [InlineData(CongestionControl.Cubic, true, 4)]
    [InlineData(CongestionControl.NewReno, false, 4)]
    [InlineData(CongestionControl.Bbr, false, 2)]
    public void Path_is_full_soon_and_stays_so(CongestionControl control, bool pacing, double seconds)
    {
        var network = new VirtualNetwork(Long, configure: o => o with { CongestionControl = control, Pacing = pacing });
        (var client, var server) = network.Connect();
        var transfer = network.Send(client, server, long.MaxValue);
        network.Run(TimeSpan.FromSeconds(seconds));
        Assert.True(Rate(network, transfer, seconds: 2) > 0.95 * 50 * 1368 / 1420);
    }

    // Segments that leave two for an ACK to the end of a flight fill half of what the path holds
    [Theory]
    [InlineData(625_000)]
    [InlineData(312_500)]
    public void Slow_start_of_cubic_ends_before_the_queue_overflows(int queue)
    {
        var network = new VirtualNetwork(Long with { QueueLimit = queue });
        (var client, var server) = network.Connect();
        network.Send(client, server, long.MaxValue);
        network.RunUntil(() => client.Sender.Congestion.SlowStartThreshold < long.MaxValue, TimeSpan.FromSeconds(3));
        network.Run(TimeSpan.FromMilliseconds(150));
        Assert.Equal(0, client.Sender.Retransmissions);
        Assert.True(client.Sender.Congestion.Window > 625_000);
    }

    [Theory]
    [InlineData(CongestionControl.Cubic, 1, 2)] // As ACKs allow, and pacing above the rate of the path
    [InlineData(CongestionControl.Bbr, 4, 5)] // 50 Mbit/s for 1 ms (draft-ietf-ccwg-bbr-05 §5.6.3)
    public void Segments_leave_one_by_one_in_congestion_avoidance_and_by_the_millisecond_from_a_model(
        CongestionControl control, double least, double most)
    {
        VirtualNetwork network = null!;
        List<TimeSpan> departures = [];
        network = new VirtualNetwork(
            Long with { Swallows = _ => { departures.Add(network.Now); return false; } },
            Long,
            configure: o => o with { CongestionControl = control });
        (var client, var server) = network.Connect();
        network.Send(client, server, long.MaxValue);
        network.Run(TimeSpan.FromSeconds(5));
        departures.Clear();
        network.Run(TimeSpan.FromSeconds(1));
        Assert.InRange((double)departures.Count / departures.Distinct().Count(), least, most);
    }

    // A busy peer answers once in 20 ms, and has room for 90 packets
    [Theory]
    [InlineData(CongestionControl.Cubic)]
    [InlineData(CongestionControl.NewReno)]
    public void Acks_in_bursts_cost_a_third_of_the_rate_unless_segments_are_paced(CongestionControl control)
    {
        double Carried(bool pacing)
        {
            var network = new VirtualNetwork(
                Long with { QueueLimit = 90 * 1420 },
                Long with { Batching = TimeSpan.FromMilliseconds(20) },
                configure: o => o with { CongestionControl = control, Pacing = pacing });
            (var client, var server) = network.Connect();
            var transfer = network.Send(client, server, long.MaxValue);
            network.Run(TimeSpan.FromSeconds(10));
            return Rate(network, transfer, seconds: 10);
        }

        Assert.True(Carried(pacing: true) > 1.5 * Carried(pacing: false));
    }

    // It takes 7 s with SACK, and minutes where retransmissions wait for the timer
    [Theory]
    [InlineData(CongestionControl.Cubic, true, true)]
    [InlineData(CongestionControl.Cubic, true, false)]
    [InlineData(CongestionControl.Cubic, false, true)]
    [InlineData(CongestionControl.NewReno, true, true)]
    [InlineData(CongestionControl.NewReno, false, false)]
    [InlineData(CongestionControl.Bbr, true, true)]
    [InlineData(CongestionControl.Bbr, true, false)]
    public void A_peer_without_SACK_gets_ten_megabytes_through_a_short_queue(CongestionControl control, bool pacing, bool timestamps)
    {
        var link = new LinkOptions() { Rate = 20e6, Delay = TimeSpan.FromMilliseconds(50), QueueLimit = 30_000 };
        var network = new VirtualNetwork(link, configure: o => o with
        {
            CongestionControl = control,
            Pacing = pacing,
            Timestamps = timestamps,
            SelectiveAcknowledgments = false,
        });
        (var client, var server) = network.Connect();
        var transfer = network.Send(client, server, 10_000_000);
        var begun = network.Now;
        network.RunUntil(() => transfer.IsDone, TimeSpan.FromSeconds(600));
        output.WriteLine($"{(network.Now - begun).TotalSeconds:F1} s, {client.Sender.Retransmissions} retransmitted");
        Assert.True(network.Now - begun < TimeSpan.FromSeconds(30));
    }

    // RFC 3708 §3: a packet duplicated by the network says nothing of our retransmissions
    [Fact]
    public void Duplicated_packets_do_not_make_up_for_lost_ones()
    {
        double Carried(double duplication)
        {
            var network = new VirtualNetwork(Long with { Loss = 0.01, Duplication = duplication }, Long);
            (var client, var server) = network.Connect();
            var transfer = network.Send(client, server, long.MaxValue);
            network.Run(TimeSpan.FromSeconds(4));
            return Rate(network, transfer, seconds: 20);
        }

        Assert.True(Carried(duplication: 0.1) < 2 * Carried(duplication: 0));
    }

    [Fact]
    public void Late_packets_do_not_shrink_the_window()
    {
        var network = new VirtualNetwork(Long with { Reordering = 0.01, ReorderingDelay = TimeSpan.FromMilliseconds(10) }, Long);
        (var client, var server) = network.Connect();
        var transfer = network.Send(client, server, long.MaxValue);
        network.Run(TimeSpan.FromSeconds(4));
        Assert.True(Rate(network, transfer, seconds: 2) > 0.95 * 50 * 1368 / 1420);
    }

    [Fact]
    public void Random_loss_of_1_percent_does_not_slow_bbr_down()
    {
        var network = new VirtualNetwork(Long with { Loss = 0.01 }, Long, configure: UseBbr);
        (var client, var server) = network.Connect();
        var transfer = network.Send(client, server, long.MaxValue);
        network.Run(TimeSpan.FromSeconds(2));
        Assert.True(Rate(network, transfer, seconds: 4) > 0.75 * 50 * 1368 / 1420);
    }

    // CUBIC has 8 Mbit/s
    [Fact]
    public void Random_loss_of_a_thousandth_does_not_slow_the_tolerant_down()
    {
        double Carried(int seed)
        {
            var network = new VirtualNetwork(
                Long with { Loss = 0.001 }, Long, seed, configure: o => o with { CongestionControl = CongestionControl.Tolerant });
            (var client, var server) = network.Connect();
            var transfer = network.Send(client, server, long.MaxValue);
            network.Run(TimeSpan.FromSeconds(2));
            return Rate(network, transfer, seconds: 10);
        }

        Assert.True(Enumerable.Range(1, 5).Average(Carried) > 0.7 * 50 * 1368 / 1420);
    }

    [Fact]
    public void Bbr_is_back_at_its_rate_soon_after_a_blackout()
    {
        var network = new VirtualNetwork(Long, configure: UseBbr);
        (var client, var server) = network.Connect();
        var transfer = network.Send(client, server, long.MaxValue);
        network.Run(TimeSpan.FromSeconds(3));
        network.Upstream.Options = Long with { Loss = 1 };
        network.Run(TimeSpan.FromSeconds(2));
        network.Upstream.Options = Long;
        network.Run(TimeSpan.FromSeconds(2)); // The retransmission timer has backed off
        Assert.True(Rate(network, transfer, seconds: 2) > 0.9 * 50 * 1368 / 1420);
    }

    [Fact]
    public void Bbr_is_back_at_its_rate_a_round_trip_after_idleness()
    {
        var network = new VirtualNetwork(Long, configure: UseBbr);
        (var client, var server) = network.Connect();
        var first = network.Send(client, server, 10_000_000);
        network.RunUntil(() => first.IsDone, TimeSpan.FromSeconds(10));
        network.Run(TimeSpan.FromSeconds(60));
        first.IsReading = false;
        var second = network.Send(client, server, long.MaxValue);
        network.Run(TimeSpan.FromMilliseconds(150));
        Assert.True(Rate(network, second, seconds: 2) > 0.9 * 50 * 1368 / 1420);
    }

    [Theory]
    [InlineData(CongestionControl.Cubic)]
    [InlineData(CongestionControl.Bbr)]
    public void Two_of_a_kind_share_a_link_fairly(CongestionControl control)
    {
        var link = new LinkOptions() { Rate = 20e6, Delay = TimeSpan.FromMilliseconds(10), QueueLimit = 100_000 };
        var network = new VirtualNetwork(link, configure: o => o with { CongestionControl = control });
        (var client, var server) = network.Connect();
        var first = network.Send(client, server, long.MaxValue);
        network.Run(TimeSpan.FromSeconds(2));
        (client, server) = network.Connect(port: 81);
        var second = network.Send(client, server, long.MaxValue);
        network.Run(TimeSpan.FromSeconds(10));
        double x = first.Received;
        double y = second.Received;
        network.Run(TimeSpan.FromSeconds(20));
        (x, y) = (first.Received - x, second.Received - y);
        var fairness = (x + y) * (x + y) / (2 * ((x * x) + (y * y))); // Jain's index
        output.WriteLine($"{x * 8 / 20e6:F1} and {y * 8 / 20e6:F1} Mbit/s, {fairness:F3}");
        Assert.True(fairness >= 0.95, $"{fairness}");
        Assert.True(x + y > 0.9 * 20e6 * 20 / 8 * 1368 / 1420);
    }

    [Fact]
    public void Receive_window_stays_ahead_of_slow_start()
    {
        var network = new VirtualNetwork(Long with { Rate = 0, QueueLimit = int.MaxValue });
        (var client, var server) = network.Connect();
        network.Send(client, server, long.MaxValue);
        for (var round = 0; round < 9; round++)
        {
            network.Run(TimeSpan.FromMilliseconds(100));
            Assert.True(client.Sender.Window > client.Sender.Congestion.Window, $"round {round}: {client.Sender.Window}");
        }
    }

    private static TcpOptions UseBbr(TcpOptions options) => options with { CongestionControl = CongestionControl.Bbr };

    private double Rate(VirtualNetwork network, Transfer transfer, double seconds)
    {
        var before = transfer.Received;
        network.Run(TimeSpan.FromSeconds(seconds));
        var rate = (transfer.Received - before) * 8 / seconds / 1e6;
        output.WriteLine($"{rate:F1} Mbit/s, {network.Upstream.Dropped} lost, {transfer.From.Sender.Retransmissions} retransmitted");
        return rate;
    }
}
