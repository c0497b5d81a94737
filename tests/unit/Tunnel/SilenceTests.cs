using Xunit;

namespace Onetun.Tunnel.Tests;

/// <summary>What is tried because nobody is heard is tried less and less often.</summary>
public sealed class SilenceTests
{
    [Fact]
    public void Time_between_attempts_doubles_up_to_160_seconds()
    {
        Assert.Equal([10, 30, 70, 150, 310, 470], Attempts(new Silence(TimeSpan.Zero)).Take(6));
    }

    [Fact]
    public void Whoever_is_heard_begins_it_anew()
    {
        var silence = new Silence(TimeSpan.Zero);
        Assert.True(silence.TryAct(TimeSpan.FromSeconds(10)));
        silence.Break(TimeSpan.FromSeconds(15));
        Assert.False(silence.TryAct(TimeSpan.FromSeconds(24)));
        Assert.True(silence.TryAct(TimeSpan.FromSeconds(25)));
    }

    private static IEnumerable<int> Attempts(Silence silence)
    {
        for (var second = 0; ; second++)
        {
            if (silence.TryAct(TimeSpan.FromSeconds(second)))
            {
                yield return second;
            }
        }
    }
}
