namespace Onetun.NetStack.Tests;

public sealed class FragmentRunsTests
{
    [Fact]
    public void Runs_agree_with_an_array_of_flags()
    {
        var random = new Random(3);
        for (var round = 0; round < 2000; round++)
        {
            var runs = new FragmentRuns();
            var flags = new bool[random.Next(2, 60)];
            for (var step = 0; step < 60; step++)
            {
                var start = random.Next(flags.Length);
                var end = random.Next(start, Math.Min(flags.Length, start + 8)) + 1;
                var part = flags[start..end];
                Assert.Equal(part.Contains(true), runs.Overlaps(start, end));
                Assert.Equal(!part.Contains(false), runs.Contains(start, end));
                if (!part.Contains(true))
                {
                    runs.Add(start, end);
                    flags.AsSpan(start..end).Fill(true);
                }

                var whole = Array.IndexOf(flags, false) is var gap && gap >= 0 ? gap : flags.Length;
                var isWhole = whole > 0 && !flags.AsSpan(whole).Contains(true);
                Assert.Equal(isWhole, runs.IsWhole(whole));
                Assert.False(runs.IsWhole(whole + 1));
            }
        }
    }
}
