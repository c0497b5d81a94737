namespace Onetun.NetStack.Tests;

/// <summary>How a path is searched that swallows what is too long, by itself; on the wire it is in <see cref="PathMtuTests"/>.</summary>
public sealed class BlackHoleDetectionTests
{
    private const int Headers = 40;
    private const int Full = 1380;

    private BlackHoleDetection _search;

    [Theory]
    [InlineData(2, Full)]
    [InlineData(3, PathMtus.Smallest6 - Headers)]
    [InlineData(4, PathMtus.Base - Headers)]
    [InlineData(5, PathMtus.Smallest4 - Headers)]
    [InlineData(9, PathMtus.Smallest4 - Headers)]
    public void Segments_shrink_from_the_third_timeout_on(int timeouts, int size) => Assert.Equal(size, Shrink(timeouts));

    [Fact]
    public void Short_segments_are_not_suspected()
    {
        Assert.False(_search.TryShrink(3, Headers, Full, head: 100, out _));
        Assert.False(_search.TryShrink(3, Headers, size: 500, head: 500, out _));
    }

    [Fact]
    public void First_time_the_size_is_restored()
    {
        var smaller = Shrink(3);
        Assert.Equal(new BlackHoleDetection.Finding(0, Full), _search.OnAcknowledged(Headers, smaller));
        Assert.Equal(default, _search.OnAcknowledged(Headers, smaller));
    }

    [Fact]
    public void Second_time_the_size_that_got_through_is_kept()
    {
        _search.OnAcknowledged(Headers, Shrink(4));
        var smaller = Shrink(3);
        Assert.Equal(PathMtus.Base - Headers, smaller);
        Assert.Equal(new BlackHoleDetection.Finding(PathMtus.Base, 0), _search.OnAcknowledged(Headers, smaller));
    }

    [Fact]
    public void Longer_segment_that_is_delivered_shows_that_it_was_an_outage()
    {
        _search.OnAcknowledged(Headers, Shrink(4));
        _search.OnAcknowledged(Headers, Full);
        Assert.Equal(PathMtus.Smallest6 - Headers, Shrink(3));
    }

    [Fact]
    public void Nothing_is_restored_beyond_what_the_path_is_known_to_take()
    {
        var smaller = Shrink(5);
        _search.OnNarrowed(1000);
        Assert.Equal(new BlackHoleDetection.Finding(0, 1000), _search.OnAcknowledged(Headers, smaller));
    }

    [Fact]
    public void Detection_that_was_stopped_restores_nothing()
    {
        var smaller = Shrink(3);
        _search.Stop();
        Assert.Equal(default, _search.OnAcknowledged(Headers, smaller));
    }

    private int Shrink(int timeouts)
    {
        _search.TryShrink(timeouts, Headers, Full, head: Full, out var smaller);
        return smaller;
    }
}
