namespace Onetun.WireGuard.Tests;

public sealed class SystemRandomTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(32)]
    [InlineData(100_000)]
    public void Whole_buffer_is_filled_and_otherwise_each_time(int length)
    {
        var one = new byte[length];
        var other = new byte[length];
        SystemRandom.Fill(one);
        SystemRandom.Fill(other);
        for (var i = 0; i + 16 <= length; i += 16)
        {
            Assert.NotEqual(new byte[16], one[i..(i + 16)]);
            Assert.NotEqual(one[i..(i + 16)], other[i..(i + 16)]);
        }
    }
}
