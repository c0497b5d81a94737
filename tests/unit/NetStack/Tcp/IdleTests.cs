namespace Onetun.NetStack.Tests;

public class IdleTests
{
    [Fact]
    public void Connections_that_fall_silent_in_one_second_are_looked_at_in_one_moment()
    {
        var pair = new DirectPair();
        var (one, _) = pair.Connect(80);
        var (other, _) = pair.Connect(81);
        Send(pair, one);
        pair.Advance(TimeSpan.FromSeconds(0.4));
        Send(pair, other);
        Assert.Equal(one.NextTimeout, other.NextTimeout);
        Assert.InRange(other.NextTimeout, pair.Now + TimeSpan.FromSeconds(5), pair.Now + TimeSpan.FromSeconds(6));
    }

    private static void Send(DirectPair pair, TcpConnection from)
    {
        from.Sender.Buffer.Reserve(1);
        from.Sender.Buffer.Commit(1);
        from.Flush();
        pair.Settle();
        pair.Advance(TimeSpan.FromMilliseconds(100)); // For a delayed ACK
    }
}
