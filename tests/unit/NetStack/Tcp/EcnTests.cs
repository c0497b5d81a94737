namespace Onetun.NetStack.Tests;

/// <summary>Explicit congestion notification where both have agreed on it: RFC 3168 §6.1.2 to §6.1.6, RFC 8511.</summary>
public sealed class EcnTests
{
    internal static TcpOptions Ecn(TcpOptions options) => options with { ExplicitCongestionNotification = true };

    private static TcpOptions Bbr(TcpOptions options) => Ecn(options) with { CongestionControl = CongestionControl.Bbr };

    private static TcpScript Established(string synOptions = "mss 1000", Func<TcpOptions, TcpOptions>? configure = null) =>
        new TcpScript(configure ?? Ecn).Run($"""
            0     listen
                  < SYN+ECE+CWR 0 {synOptions}
                  > SYN+ACK+ECE 0 ack 1
            0.1   < ACK 1 ack 1
                  state Established
            """);

    // What is sent

    [Fact]
    public void New_data_alone_may_be_marked() => Established().Run("""
        0.2   write 3000
              >> 1..3001 ect0
        0.3   < ACK 1..101 ack 1
        0.34  > ACK 3001 ack 101
        0.5   > ACK 1..1001
        0.6   < ACK 101 ack 3001
              close
              > FIN+ACK 3001
        """);

    [Fact]
    public void Tail_loss_probe_may_be_marked_only_if_it_is_new_data() => Established("mss 1000 sackok").Run("""
        0.2   write 2000
              >> 1..2001 ect0
        0.4   > ACK 1001..2001
        """);

    [Fact]
    public void Window_probes_may_not_be_marked() => Established().Run("""
        0.2   write 1000
              > ACK 1..1001 ect0
        0.3   < ACK 1 ack 1001 win 0
              write 1000
        0.6   > ACK 1000 ack 1
        """);

    [Fact]
    public void Keepalives_may_not_be_marked() =>
        Established(configure: o => Ecn(o) with { Socket = o.Socket with { KeepAlive = TimeSpan.FromMinutes(1) } }).Run("60.1 > ACK 0 ack 1");

    // What is received

    [Fact]
    public void Mark_is_echoed_at_once_and_until_the_sender_sets_cwr() => Established().Run("""
        0.2   < ACK 1..501 ack 1 ce
              > ACK+ECE 1 ack 501
        0.3   < ACK 501..1001 ack 1 ect0
        0.34  > ACK+ECE 1 ack 1001
        0.4   write 500
              > ACK+ECE 1..501 ect0
        0.5   < ACK+CWR 1001..1501 ack 501 ect0
              > ACK 501 ack 1501
        0.6   < ACK 1501..2001 ack 501 ect0
        0.64  > ACK 501 ack 2001
        """);

    [Fact]
    public void Mark_on_a_segment_with_cwr_is_a_new_one() => Established().Run("""
        0.2   < ACK 1..501 ack 1 ce
              > ACK+ECE 1 ack 501
        0.3   < ACK+CWR 501..1001 ack 1 ce
              > ACK+ECE 1 ack 1001
        0.4   < ACK+CWR 1001..1501 ack 1 ect0
              > ACK 1 ack 1501
        """);

    [Fact]
    public void Mark_beyond_a_gap_is_echoed() => Established().Run("""
        0.2   < ACK 501..1001 ack 1 ce
              > ACK+ECE 1 ack 1
        """);

    [Fact]
    public void Marks_outside_the_window_and_on_pure_acks_are_ignored() => Established().Run("""
        0.2   < ACK 1..501 ack 1 ect0
        0.24  > ACK 1 ack 501
        0.3   < ACK 1..501 ack 1 ce
              > ACK 1 ack 501
        0.4   < ACK 900001..900501 ack 1 ce
              > ACK 1 ack 501
        0.5   < ACK 501 ack 1 ce
        0.6   < ACK 501..1001 ack 1 ect0
        0.64  > ACK 1 ack 1001
        """);

    [Fact]
    public void Cwr_outside_the_window_is_ignored() => Established().Run("""
        0.2   < ACK 1..501 ack 1 ce
              > ACK+ECE 1 ack 501
        0.3   < ACK+CWR 1..501 ack 1
              > ACK+ECE 1 ack 501
        """);

    // The reduction of the window after a mark: to 0.85 (CUBIC) or 0.8 (NewReno, RFC 8511 §3), over a round trip (RFC 9937)

    [Theory]
    [InlineData(CongestionControl.Cubic, 8500, 8562)] // It was full in that round trip, and grows
    [InlineData(CongestionControl.NewReno, 8000, 8000)]
    internal void Marks_in_a_round_trip_reduce_the_window_once(CongestionControl control, int window, int then)
    {
        var script = Established(configure: o => Ecn(o) with { CongestionControl = control }).Run($"""
            0.2   write 60000
                  >> 1..10001 ect0
            0.3   < ACK+ECE 1 ack 1001
                  > ACK+CWR 10001..11001 ect0
            0.31  block
                  < ACK+ECE 1 ack 2001
                  < ACK+ECE 1 ack 4001
                  < ACK+ECE 1 ack 10001
                  window {window}
            0.4   < ACK 1 ack 11001
                  window {then}
                  unblock
                  >> 11001..19001 ect0
            """);
        Assert.Equal(1, script.Connection.Sender.MarkReductions);
        Assert.Equal(0, script.Connection.Sender.Retransmissions);
    }

    [Fact]
    public void Mark_in_the_next_round_trip_reduces_the_window_again()
    {
        var script = Established().Run("""
            0.2   write 60000
                  >> 1..10001 ect0
            0.3   < ACK+ECE 1 ack 10001
                  > ACK+CWR 10001..11001 ect0
                  >> 11001..18001 ect0
                  window 8500
            0.4   < ACK 1 ack 14001
                  >> 18001..22001 ect0
            0.5   < ACK+ECE 1 ack 18001
                  > ACK+CWR 22001..23001 ect0
                  >> 23001..25001 ect0
            """);
        Assert.Equal(2, script.Connection.Sender.MarkReductions);
        script.Run("""
            0.6   < ACK+ECE 1 ack 22001
                  >> 25001..29001 ect0
                  window 7436
                  < RST 1
            """);
        Assert.Equal(2, script.Stack.Statistics.MarkReductions);
    }

    [Fact]
    public void Window_is_reduced_over_the_round_trip_as_acknowledgments_come() => Established().Run("""
        0.2   write 60000
              >> 1..10001 ect0
        0.3   < ACK+ECE 1 ack 1001
              > ACK+CWR 10001..11001 ect0
        0.31  < ACK+ECE 1 ack 2001
        0.32  < ACK+ECE 1 ack 3001
              window 8500
        0.33  < ACK+ECE 1 ack 4001
              > ACK 11001..12001 ect0
        0.34  < ACK+ECE 1 ack 5001
              > ACK 12001..13001 ect0
        """);

    [Fact]
    public void Loss_in_a_window_being_reduced_is_repaired_and_reduces_it_no_further()
    {
        var script = Established("mss 1000 sackok").Run("""
            0.2   write 60000
                  >> 1..10001 ect0
            0.3   < ACK+ECE 1 ack 1001
                  > ACK+CWR 10001..11001 ect0
            0.31  block
                  < ACK+ECE 1 ack 1001 sack 3001..8001
                  unblock
                  > ACK 1001..2001
                  > ACK 2001..3001
                  >> 11001..14001 ect0
            0.4   block
                  < ACK+ECE 1 ack 10001
                  window 8500
            """);
        Assert.Equal(1, script.Connection.Sender.MarkReductions);
        Assert.Equal(2, script.Connection.Sender.Retransmissions);
    }

    [Fact]
    public void Tail_is_probed_while_the_window_is_reduced() => Established("mss 1000 sackok").Run("""
        0.2   write 10000
              >> 1..10001 ect0
        0.3   < ACK+ECE 1 ack 1001
        0.5   > ACK 9001..10001
        """);

    [Fact]
    public void Mark_in_a_window_that_a_loss_is_reducing_reduces_it_no_further()
    {
        var script = Established("mss 1000 sackok").Run("""
            0.2   write 60000
                  >> 1..10001 ect0
            0.3   < ACK+ECE 1 ack 1 sack 1001..4001
                  > ACK 1..1001
            0.31  block
                  < ACK+ECE 1 ack 1 sack 1001..10001
            0.4   < ACK+ECE 1 ack 10001
                  window 7000
            """);
        Assert.Equal(0, script.Connection.Sender.MarkReductions);
    }

    [Fact]
    public void Cwr_goes_with_new_data_and_not_with_a_retransmission() => Established("mss 1000 sackok").Run("""
        0.2   write 60000
              >> 1..10001 ect0
        0.3   < ACK 1 ack 1 sack 1001..4001
              > ACK 1..1001
        0.31  < ACK 1 ack 1 sack 1001..10001
              > ACK+CWR 10001..11001 ect0
              >> 11001..16001 ect0
        """);

    [Fact]
    public void Cwr_after_a_timeout_goes_with_new_data() => Established().Run("""
        0.2   write 2000
              >> 1..2001 ect0
        0.5   > ACK 1..1001
        0.6   < ACK 1 ack 2001
              write 2000
              > ACK+CWR 2001..3001 ect0
              > ACK 3001..4001 ect0
        """);

    [Fact]
    public void Reduction_that_a_mark_asked_for_as_well_is_not_undone() => Established("mss 1000 sackok").Run("""
        0.2   write 60000
              >> 1..10001 ect0
        0.3   < ACK 1 ack 1 sack 1001..4001
              > ACK 1..1001
        0.35  < ACK+ECE 1 ack 10001
              > ACK+CWR 10001..11001 ect0
              >> 11001..17001 ect0
        0.36  < ACK 1 ack 10001 sack 1..1001
              window 7000
        """);

    [Fact]
    public void Ece_on_an_overtaken_ack_is_an_old_one() => Established().Run("""
        0.2   write 60000
              >> 1..10001 ect0
        0.3   < ACK 1 ack 2001
              >> 10001..14001 ect0
              < ACK+ECE 1 ack 1001
              window 12000
        """);

    [Fact]
    public void Mark_with_data_of_the_peer_counts() => Established().Run("""
        0.2   write 60000
              >> 1..10001 ect0
        0.3   < ACK+ECE 1..501 ack 1001 ect0
              > ACK+CWR 10001..11001 ack 501 ect0
        """);

    // draft-ietf-ccwg-bbr knows no marks: what is sent asks for none, and those of the peer are echoed
    [Fact]
    public void Bbr_sends_no_ect_and_echoes_the_peers_marks() => Established(configure: Bbr).Run("""
        0.2   write 1000
              > ACK 1..1001
        0.3   < ACK+ECE 1..501 ack 1001 ce
              > ACK+ECE 1001 ack 501
              window 11000
        0.4   < ACK+CWR 501..1001 ack 1001
              > ACK 1001 ack 1001
        """);

    // A queue that marks from 40 ms on and drops nothing: without marks it would grow to what the windows are
    [Theory]
    [InlineData(CongestionControl.Cubic)]
    [InlineData(CongestionControl.NewReno)]
    internal void Transfer_over_a_path_that_marks_loses_nothing_and_keeps_the_queue_short(CongestionControl control)
    {
        var link = new LinkOptions() { Rate = 20e6, Delay = TimeSpan.FromMilliseconds(20), MarkLimit = 100_000 };
        (long Marks, long Again, long Window) Send(bool ecn)
        {
            var network = new VirtualNetwork(
                link, configure: o => o with { CongestionControl = control, ExplicitCongestionNotification = ecn });
            (var client, var server) = network.Connect();
            var transfer = network.Send(client, server, 20_000_000);
            network.RunUntil(() => transfer.IsDone, TimeSpan.FromSeconds(10));
            Assert.Equal(ecn, network.Upstream.Marked > 0);
            return (client.Sender.MarkReductions, client.Sender.Retransmissions, client.Sender.Congestion.Window);
        }

        (var marks, var again, var window) = Send(ecn: true);
        Assert.InRange(marks, 2, 100);
        Assert.Equal(0, again);
        Assert.True(window < 300_000, $"{window}"); // 100,000 on the way, 100,000 in the queue, and a round trip of slow start
        Assert.Equal(0, Send(ecn: false).Marks);
    }
}
