namespace Onetun.WireGuard.Tests;

/// <summary>Time stamps: whitened, ordered, and never twice the same.</summary>
public sealed class Tai64nTests
{
    private static readonly DateTime Noon = new(2026, 5, 6, 12, 0, 0, DateTimeKind.Utc);

    [Fact]
    public void Unix_epoch_is_ten_seconds_after_2_to_the_62()
    {
        var bytes = new byte[Tai64n.Size];
        Tai64n.From(DateTime.UnixEpoch).Write(bytes);
        Assert.Equal("400000000000000a00000000", Convert.ToHexStringLower(bytes));
        Assert.Equal(Tai64n.From(DateTime.UnixEpoch), Tai64n.Read(bytes));
    }

    [Fact]
    public void Time_before_1970_is_a_time()
    {
        Assert.Equal(new Tai64n(0x4000_0000_0000_0009, 0x3b000000), Tai64n.From(DateTime.UnixEpoch.AddTicks(-1)));
        Assert.True(Tai64n.From(DateTime.MinValue).CompareTo(Tai64n.From(DateTime.UnixEpoch)) < 0);
    }

    [Theory]
    [InlineData(0.0001, false)]
    [InlineData(0.01, false)]
    [InlineData(1, false)]
    [InlineData(10, false)]
    [InlineData(20, true)]
    public void Clock_is_shown_in_steps_below_20_milliseconds(double milliseconds, bool isLater)
    {
        var later = Noon.AddTicks((long)(milliseconds * TimeSpan.TicksPerMillisecond));
        Assert.Equal(isLater, Tai64n.From(later).CompareTo(Tai64n.From(Noon)) > 0);
    }

    [Fact]
    public void Stamp_is_later_than_the_last_even_if_the_clock_is_set_back()
    {
        var last = Tai64n.From(Noon);
        var next = Tai64n.After(last, Noon.AddYears(-30));
        Assert.True(next.CompareTo(last) > 0);
        Assert.Equal(1U << 24, next.Nanoseconds - last.Nanoseconds);
    }

    [Fact]
    public void Stamps_of_one_instant_rise_over_the_second()
    {
        Tai64n last = default;
        for (var i = 0; i < 200; i++)
        {
            var next = Tai64n.After(last, Noon);
            Assert.True(next.CompareTo(last) > 0);
            Assert.True(next.Nanoseconds < 1_000_000_000);
            Assert.Equal(0U, next.Nanoseconds % (1 << 24));
            last = next;
        }

        Assert.Equal(Tai64n.From(Noon).Seconds + 3, last.Seconds);
    }

    [Fact]
    public void Order_of_the_bytes_is_the_order_of_the_times()
    {
        var earlier = new Tai64n(0x4000_0000_0000_00ff, 999_999_999);
        var later = new Tai64n(0x4000_0000_0000_0100, 0);
        var first = new byte[Tai64n.Size];
        var second = new byte[Tai64n.Size];
        earlier.Write(first);
        later.Write(second);
        Assert.True(first.AsSpan().SequenceCompareTo(second) < 0);
        Assert.True(earlier.CompareTo(later) < 0);
    }
}
