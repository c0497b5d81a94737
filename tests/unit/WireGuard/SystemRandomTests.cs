namespace Onetun.WireGuard.Tests;

public sealed class SystemRandomTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(32)]
    [InlineData(100_000)]
    public void Whole_buffer_is_filled_and_otherwise_each_time(int length)
    {
        byte[] one = new byte[length];
        byte[] other = new byte[length];
        SystemRandom.Fill(one);
        SystemRandom.Fill(other);
        for (int i = 0; i + 16 <= length; i += 16)
        {
            Assert.NotEqual(new byte[16], one[i..(i + 16)]);
            Assert.NotEqual(one[i..(i + 16)], other[i..(i + 16)]);
        }
    }
}
