namespace Onetun.NetStack.Tests;

public sealed class SendOrderTests
{
    private readonly SentSegment[] _ring = new SentSegment[8];
    private SendOrder _order = new();

    [Fact]
    public void Nothing_is_first_of_none() => Assert.Equal([], Taken());

    [Fact]
    public void Segment_sent_the_longest_ago_comes_first()
    {
        Send(0, 1, 2);
        Assert.Equal([0, 1, 2], Taken());
    }

    [Fact]
    public void Retransmitted_segment_comes_last()
    {
        Send(0, 1, 2);
        _order.Remove(_ring, 1);
        Send(1);
        Assert.Equal([0, 2, 1], Taken());
    }

    [Fact]
    public void Spuriously_lost_segment_becomes_the_first()
    {
        Send(0, 1);
        _order.Remove(_ring, 1);
        _order.AddFirst(_ring, 1);
        Assert.Equal([1, 0], Taken());
    }

    [Fact]
    public void Parts_of_a_segment_follow_each_other_and_move_the_rest()
    {
        Send(0, 2, 1);
        _order.MakeRoom(_ring, 0);
        (_ring[3], _ring[2]) = (_ring[2], _ring[1]);
        _order.AddAfter(_ring, before: 0, 1);
        Assert.Equal([0, 1, 3, 2], Taken());
    }

    [Fact]
    public void Ordinals_run_on_past_the_ring()
    {
        Send(7, 8, 9);
        Assert.Equal([7, 8, 9], Taken());
    }

    private void Send(params long[] ordinals)
    {
        foreach (var ordinal in ordinals)
        {
            _order.AddLast(_ring, ordinal);
        }
    }

    private List<long> Taken()
    {
        List<long> taken = [];
        while (_order.First >= 0)
        {
            taken.Add(_order.First);
            _order.Remove(_ring, _order.First);
        }

        return taken;
    }
}
