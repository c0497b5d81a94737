namespace Onetun.NetStack.Tests;

public sealed class CongestionControlsTests
{
    [Fact]
    public void Each_that_has_a_name_begins_with_ten_segments()
    {
        foreach (var control in Enum.GetValues<CongestionControl>())
        {
            var made = control.Create(seed: 1);
            made.SetSegmentSize(1000);
            var isTolerant = control == CongestionControl.Tolerant; // A CUBIC
            Assert.Equal(isTolerant ? nameof(Cubic) : control.ToString(), made.GetType().Name);
            Assert.Equal(isTolerant, made.IgnoresRandomLoss);
            Assert.Equal(10_000, made.Window);
        }
    }

    [Fact]
    public void Unknown_one_is_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>("control", () => ((CongestionControl)99).Create(seed: 1));
}
