namespace Onetun.NetStack.Tests;

public sealed class TcpStatisticsTests
{
    [Fact]
    public void Statistics_tell_of_the_path_and_of_what_was_carried()
    {
        var script = TcpScript.Accepted("mss 1000 sackok", "win 30000").Run("""
            0.2   write 6000
                  >> 1..6001
            0.25  < ACK 1..501 ack 1001 win 30000
            0.29  > ACK 6001 ack 501
            0.3   < ACK 501 ack 1001 sack 2001..5001 win 30000
                  > ACK 1001..2001 ack 501
            """);
        var statistics = TcpStatistics.Of(script.Connection);
        Assert.Equal(TimeSpan.FromMilliseconds(50), statistics.MinRoundTrip);
        Assert.InRange(statistics.RoundTrip, statistics.MinRoundTrip, TimeSpan.FromMilliseconds(100));
        Assert.Equal((1000, 30_000L), (statistics.SegmentSize, statistics.SendWindow));
        Assert.Equal((1000, 500), (statistics.AcknowledgedBytes, statistics.ReceivedBytes));
        Assert.Equal((2000, 1), (statistics.InFlight, statistics.Retransmissions));
        Assert.Equal(script.Connection.Sender.Congestion.Window, statistics.CongestionWindow);
    }

    [Fact]
    public void Statistics_of_a_connection_that_has_ended_are_its_last()
    {
        var script = TcpScript.Accepted().Run("""
            0.2   write 3000
                  >> 1..3001
            0.3   < ACK 1 ack 3001
                  < RST 1
                  ended Reset
            """);
        Assert.Equal(3000, TcpStatistics.Of(script.Connection).AcknowledgedBytes);
    }
}
