using Microsoft.Extensions.Time.Testing;
using Onetun.Forwarder.Hosting;
using Xunit;

namespace Onetun.Forwarder.Tests;

public sealed class HeapTrimTests : IDisposable
{
    private const long Burst = 100 << 20;
    private readonly FakeTimeProvider _time = new();
    private readonly HeapTrim _trim;
    private long _carried;
    private long _allocated;
    private int _collections;
    private long _given;

    public HeapTrimTests() => _trim = new HeapTrim(() => _carried, () => _allocated, Collect, _time);

    public void Dispose() => _trim.Dispose();

    [Fact]
    public void What_a_burst_has_left_is_given_back_once_when_the_traffic_rests()
    {
        (_carried, _allocated) = (Burst, Burst);
        Pass(seconds: 10);
        Assert.Equal(0, _collections);
        Pass(seconds: 60);
        Assert.Equal(1, _collections);
    }

    [Fact]
    public void As_long_as_it_pays_another_look_is_taken_two_minutes_later()
    {
        (_carried, _allocated, _given) = (Burst, Burst, Burst);
        Pass(seconds: 120);
        Assert.Equal(1, _collections);
        _given = 1000;
        Pass(seconds: 600);
        Assert.Equal(2, _collections);
    }

    [Fact]
    public void Nothing_is_collected_while_there_is_traffic()
    {
        _allocated = Burst;
        Pass(seconds: 100, carriedEach: 20_000);
        Assert.Equal(0, _collections);
    }

    [Fact]
    public void Keepalives_are_no_traffic()
    {
        _allocated = Burst;
        Pass(seconds: 100, carriedEach: 32);
        Assert.Equal(1, _collections);
    }

    [Fact]
    public void Little_that_was_allocated_is_not_worth_a_collection()
    {
        _allocated = (16 << 20) - 1;
        Pass(seconds: 100);
        Assert.Equal(0, _collections);
    }

    [Fact]
    public void Nothing_is_collected_after_its_end()
    {
        _allocated = Burst;
        _trim.Dispose();
        Pass(seconds: 60);
        Assert.Equal(0, _collections);
    }

    private long Collect()
    {
        _collections++;
        return _given;
    }

    private void Pass(int seconds, long carriedEach = 0)
    {
        for (var i = 0; i < seconds; i++)
        {
            _carried += carriedEach;
            _time.Advance(TimeSpan.FromSeconds(1));
        }
    }
}
