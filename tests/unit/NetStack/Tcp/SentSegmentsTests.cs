namespace Onetun.NetStack.Tests;

/// <summary>The retransmission queue and scoreboard against a plain model of them.</summary>
public sealed class SentSegmentsTests
{
    private readonly SentSegments _segments = new();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Any_order_of_events_keeps_the_counts_right(int seed)
    {
        var random = new Random(seed);
        var now = TimeSpan.Zero;
        long position = 1;
        for (var step = 0; step < 20_000; step++)
        {
            now += TimeSpan.FromMilliseconds(1);
            var ordinal = _segments.IsEmpty ? 0 : random.NextInt64(_segments.Head, _segments.Tail);
            switch (random.Next(8))
            {
                case 0 or 1 or 2 when _segments.Tail - _segments.Head < 200:
                    var length = random.Next(1, 1500);
                    _segments.Add(position, length, now, default);
                    position += length;
                    break;
                case 3 when !_segments.IsEmpty:
                    _segments.MarkLost(ordinal);
                    break;
                case 4 when _segments.Lost > 0:
                    _segments.OnRetransmitted(_segments.FirstLost(), now, default);
                    break;
                case 5 when !_segments.IsEmpty && !_segments[ordinal].Sacked:
                    _segments.MarkSacked(ordinal);
                    break;
                case 6 when !_segments.IsEmpty:
                    _segments.RemoveHead();
                    break;
                case 7 when random.Next(50) == 0:
                    _segments.ForgetLosses();
                    break;
                case 7 when random.Next(50) == 0:
                    _segments.ForgetSacks();
                    break;
                case 7 when !_segments.IsEmpty && !_segments[ordinal].Sacked && _segments[ordinal].Length > 1:
                    _segments.Split(ordinal, _segments[ordinal].Start + 1);
                    break;
            }

            Check();
        }
    }

    [Fact]
    public void First_lost_is_first_in_the_stream()
    {
        Send(5);
        _segments.MarkLost(3);
        _segments.MarkLost(1);
        Assert.Equal(1, _segments.FirstLost());
    }

    [Fact]
    public void Order_of_transmission_begins_with_the_segment_sent_longest_ago()
    {
        Send(3);
        _segments.MarkLost(0);
        _segments.OnRetransmitted(0, TimeSpan.FromSeconds(1), default);
        Assert.Equal(1, _segments.FirstSent);
    }

    [Fact]
    public void Spuriously_lost_segment_is_the_oldest_again()
    {
        Send(3);
        _segments.MarkLost(0);
        _segments.MarkLost(1);
        _segments.ForgetLosses();
        Assert.Equal(0, _segments.FirstSent);
        Assert.Equal(1, _segments[0].Next);
        Assert.Equal(2, _segments[1].Next);
    }

    private void Send(int count)
    {
        for (var i = 0; i < count; i++)
        {
            _segments.Add(1 + (i * 100), 100, TimeSpan.Zero, default);
        }
    }

    private void Check()
    {
        long pipe = 0, lost = 0, sacked = 0;
        int sackedCount = 0, linked = 0;
        var skipped = _segments.Tail;
        // Not Assert.Equal: 12 million of them take ten seconds
        for (var i = _segments.Tail - 1; i >= _segments.Head; i--)
        {
            ref var segment = ref _segments[i];
            skipped = segment.Sacked ? skipped : i;
            if ((segment.Lost && segment.Sacked) || _segments.SkipSacked(i) != skipped)
            {
                Assert.Fail($"segment {i} of {_segments.Head} to {_segments.Tail} is wrong");
            }

            pipe += segment.Lost || segment.Sacked ? 0 : segment.Length;
            lost += segment.Lost ? segment.Length : 0;
            sacked += segment.Sacked ? segment.Length : 0;
            sackedCount += segment.Sacked ? 1 : 0;
            linked += segment.Lost || segment.Sacked ? 0 : 1;
        }

        Assert.Equal((pipe, lost, sacked, sackedCount), (_segments.Pipe, _segments.Lost, _segments.Sacked, _segments.SackedCount));
        var walked = 0;
        for (var i = _segments.FirstSent; i >= 0; i = _segments[i].Next)
        {
            if (_segments[i].Lost || _segments[i].Sacked)
            {
                Assert.Fail($"segment {i} is in the list of those on their way");
            }

            walked++;
        }

        Assert.Equal(linked, walked);
    }
}
