namespace Onetun.NetStack.Tests;

/// <summary>What a connection knows of timestamps, by itself; on the wire they are in <see cref="TimestampTests"/>.</summary>
public sealed class TimestampsTests
{
    private static readonly TimeSpan Start = TimeSpan.FromSeconds(100);

    private Timestamps _timestamps = new(offered: true, offset: 7);

    public TimestampsTests() => _timestamps.OnSyn(Start, Stamped(1000));

    [Fact]
    public void Value_counts_milliseconds_from_the_offset() => Assert.Equal(100_007u, _timestamps.Value(Start));

    [Theory]
    [InlineData(true, true, true)]
    [InlineData(true, false, false)]
    [InlineData(false, true, false)]
    public void They_are_used_in_both_directions_or_in_neither(bool ours, bool theirs, bool used)
    {
        var timestamps = new Timestamps(ours, offset: 0);
        timestamps.OnSyn(Start, theirs ? Stamped(1) : TcpHeaderOptions.None);
        Assert.Equal(used, timestamps.AreUsed);
        Assert.Equal(used ? TcpHeaderOptions.TimestampLength : 0, timestamps.Length);
        Assert.Equal(timestamps.Length, timestamps.Write(Start, stackalloc byte[TcpOptionWriter.MaxLength]));
    }

    [Theory]
    [InlineData(1000, 1001, 1001)]
    [InlineData(1000, 999, 1000)]
    [InlineData(uint.MaxValue, 3, 3)] // They wrap
    [InlineData(3, uint.MaxValue, 3)]
    public void The_newest_is_echoed(uint first, uint second, uint echoed)
    {
        _timestamps.OnSyn(Start, Stamped(first));
        _timestamps.Take(Start, Stamped(second));
        Assert.Equal(echoed, _timestamps.Recent);
    }

    [Theory]
    [InlineData(1000, 0, false)]
    [InlineData(999, 0, true)]
    [InlineData(990, 10, false)]
    [InlineData(989, 10, true)]
    public void Older_is_what_lies_further_back_than_it_may(uint value, double by, bool older) =>
        Assert.Equal(older, _timestamps.IsOlder(Start, Stamped(value), by));

    [Fact]
    public void After_24_days_nothing_is_older()
    {
        Assert.True(_timestamps.IsOlder(Start + TimeSpan.FromDays(23), Stamped(999), by: 0));
        Assert.False(_timestamps.IsOlder(Start + TimeSpan.FromDays(24), Stamped(999), by: 0));
    }

    [Fact]
    public void What_has_none_is_neither_older_nor_newer()
    {
        Assert.False(_timestamps.IsOlder(Start, TcpHeaderOptions.None, by: 0));
        Assert.False(_timestamps.IsNewer(TcpHeaderOptions.None));
    }

    [Theory]
    [InlineData(999, false)]
    [InlineData(1000, false)]
    [InlineData(1001, true)]
    public void Newer_is_what_came_after(uint value, bool newer) => Assert.Equal(newer, _timestamps.IsNewer(Stamped(value)));

    [Theory]
    [InlineData(99_957, 50)]
    [InlineData(100_007, 1)] // In the same millisecond
    [InlineData(100_107, 60_000)] // Of the future: whatever it is
    public void Echo_tells_its_age(uint echo, int milliseconds)
    {
        Assert.True(_timestamps.TryEchoAge(Start, Stamped(1000, echo), out var age));
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), age);
    }

    [Fact]
    public void No_echo_has_no_age() => Assert.False(_timestamps.TryEchoAge(Start, Stamped(1000), out _));

    private static TcpHeaderOptions Stamped(uint value, uint echo = 0)
    {
        Span<byte> bytes = stackalloc byte[TcpHeaderOptions.TimestampLength];
        TcpOptionWriter.WriteTimestamp(bytes, value, echo);
        Assert.True(TcpHeaderOptions.TryRead(bytes, syn: true, out var options));
        return options;
    }
}
