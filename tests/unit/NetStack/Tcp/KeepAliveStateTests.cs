namespace Onetun.NetStack.Tests;

/// <summary>When an idle peer is probed and given up, by itself; on the wire it is in <see cref="KeepAliveTests"/>.</summary>
public sealed class KeepAliveStateTests
{
    private static readonly TimeSpan Start = TimeSpan.FromSeconds(100);
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Idle = TimeSpan.FromHours(2);

    private KeepAlive _keepAlive;

    public KeepAliveStateTests() => _keepAlive.OnReceived(Start);

    [Fact]
    public void Idle_time_of_zero_never_ends() => Assert.Equal(TimeSpan.MaxValue, _keepAlive.First(TimeSpan.Zero));

    [Fact]
    public void Peer_that_was_heard_from_since_is_not_probed()
    {
        _keepAlive.OnReceived(Start + Second);
        Assert.Equal(KeepAlive.Step.Wait, _keepAlive.OnTimeout(Start + Idle, Idle, isSending: false, out var next));
        Assert.Equal(Start + Second + Idle, next);
    }

    [Fact]
    public void Peer_that_has_to_answer_anyway_is_not_probed()
    {
        Assert.Equal(KeepAlive.Step.Wait, _keepAlive.OnTimeout(Start + Idle, Idle, isSending: true, out var next));
        Assert.Equal(Start + Idle + KeepAlive.Interval, next);
    }

    [Fact]
    public void Peer_is_probed_nine_times()
    {
        var next = _keepAlive.First(Idle);
        for (var i = 0; i < KeepAlive.Probes; i++)
        {
            Assert.Equal(Start + Idle + (i * KeepAlive.Interval), next);
            Assert.Equal(KeepAlive.Step.Probe, _keepAlive.OnTimeout(next, Idle, isSending: false, out next));
        }

        Assert.Equal(KeepAlive.Step.GiveUp, _keepAlive.OnTimeout(next, Idle, isSending: false, out _));
    }

    [Fact]
    public void Idle_time_that_is_shorter_is_the_interval_too()
    {
        _keepAlive.OnTimeout(Start + Second, Second, isSending: false, out var next);
        Assert.Equal(Start + (2 * Second), next);
    }
}
