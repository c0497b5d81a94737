namespace Onetun.NetStack.Tests;

/// <summary>When retransmission ends, by itself; on the wire it is in <see cref="UserTimeoutTests"/>.</summary>
public sealed class RetryLimitTests
{
    private static readonly TimeSpan Start = TimeSpan.FromSeconds(100);
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private RetryLimit _retryLimit = new(Start);

    [Fact]
    public void Fifteen_retries_are_enough()
    {
        for (var i = 0; i < 15; i++)
        {
            Assert.True(_retryLimit.TryAgain(Start));
        }

        Assert.False(_retryLimit.TryAgain(Start));
    }

    [Fact]
    public void Answer_lets_retries_begin_anew()
    {
        _retryLimit.TryAgain(Start);
        _retryLimit.OnAnswered();
        Assert.Equal(0, _retryLimit.Retries);
    }

    [Fact]
    public void User_timeout_ends_it_sooner()
    {
        _retryLimit.UserTimeout = 10 * Second;
        _retryLimit.Begin(Start + Second);
        Assert.Equal(Start + (11 * Second), _retryLimit.Within(TimeSpan.MaxValue));
        Assert.Equal(Start + (5 * Second), _retryLimit.Within(Start + (5 * Second)));
        Assert.True(_retryLimit.TryAgain(Start + (10 * Second)));
        Assert.False(_retryLimit.TryAgain(Start + (11 * Second)));
    }

    [Fact]
    public void Without_a_user_timeout_any_deadline_will_do() =>
        Assert.Equal(TimeSpan.MaxValue, _retryLimit.Within(TimeSpan.MaxValue));
}
