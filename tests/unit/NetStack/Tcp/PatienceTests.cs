namespace Onetun.NetStack.Tests;

/// <summary>When a connection gives up, by itself; on the wire it is in <see cref="KeepAliveTests"/> and <see cref="UserTimeoutTests"/>.</summary>
public sealed class PatienceTests
{
    private static readonly TimeSpan Start = TimeSpan.FromSeconds(100);
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Silence = TimeSpan.FromHours(2);

    private Patience _patience = new(Start);
    private KeepAlive _keepAlive;

    public PatienceTests() => _keepAlive.Heard(Start);

    [Fact]
    public void Fifteen_retries_are_enough()
    {
        for (var i = 0; i < 15; i++)
        {
            Assert.True(_patience.TryAgain(Start));
        }

        Assert.False(_patience.TryAgain(Start));
    }

    [Fact]
    public void Answer_lets_retries_begin_anew()
    {
        _patience.TryAgain(Start);
        _patience.OnAnswered();
        Assert.Equal(0, _patience.Retries);
    }

    [Fact]
    public void User_timeout_ends_it_sooner()
    {
        _patience.UserTimeout = 10 * Second;
        _patience.Begin(Start + Second);
        Assert.Equal(Start + (11 * Second), _patience.Within(TimeSpan.MaxValue));
        Assert.Equal(Start + (5 * Second), _patience.Within(Start + (5 * Second)));
        Assert.True(_patience.TryAgain(Start + (10 * Second)));
        Assert.False(_patience.TryAgain(Start + (11 * Second)));
    }

    [Fact]
    public void Without_a_user_timeout_any_deadline_will_do() =>
        Assert.Equal(TimeSpan.MaxValue, _patience.Within(TimeSpan.MaxValue));

    [Fact]
    public void Silence_of_zero_is_never_broken() => Assert.Equal(TimeSpan.MaxValue, _keepAlive.First(TimeSpan.Zero));

    [Fact]
    public void Peer_that_was_heard_since_is_not_asked()
    {
        _keepAlive.Heard(Start + Second);
        Assert.Equal(KeepAlive.Step.Wait, _keepAlive.OnTimeout(Start + Silence, Silence, quiet: true, out var next));
        Assert.Equal(Start + Second + Silence, next);
    }

    [Fact]
    public void Peer_that_has_to_answer_anyway_is_not_asked()
    {
        Assert.Equal(KeepAlive.Step.Wait, _keepAlive.OnTimeout(Start + Silence, Silence, quiet: false, out var next));
        Assert.Equal(Start + Silence + KeepAlive.Interval, next);
    }

    [Fact]
    public void Peer_is_asked_nine_times()
    {
        var next = _keepAlive.First(Silence);
        for (var i = 0; i < KeepAlive.Probes; i++)
        {
            Assert.Equal(Start + Silence + (i * KeepAlive.Interval), next);
            Assert.Equal(KeepAlive.Step.Ask, _keepAlive.OnTimeout(next, Silence, quiet: true, out next));
        }

        Assert.Equal(KeepAlive.Step.GiveUp, _keepAlive.OnTimeout(next, Silence, quiet: true, out _));
    }

    [Fact]
    public void Silence_that_is_shorter_is_the_interval_too()
    {
        _keepAlive.OnTimeout(Start + Second, Second, quiet: true, out var next);
        Assert.Equal(Start + (2 * Second), next);
    }
}
