using Onetun.Tests.Support;
using Xunit;

namespace Onetun.Tunnel.Tests;

[Collection(Alone.Name)]
public sealed class ClockTests
{
    [Fact]
    public void Now_never_goes_back()
    {
        var last = Clock.Now;
        for (var i = 0; i < 100_000; i++)
        {
            var now = Clock.Now;
            Assert.True(now >= last);
            last = now;
        }
    }

    [Fact]
    public void Now_is_the_time_since_boot_on_linux()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Linux only");
        var before = Clock.Now;
        var uptime = TimeSpan.FromSeconds(double.Parse(File.ReadAllText("/proc/uptime").Split(' ')[0]));
        var after = Clock.Now;
        // The file has hundredths of a second.
        Assert.InRange(uptime, before - TimeSpan.FromMilliseconds(11), after + TimeSpan.FromMilliseconds(11));
    }

    [Fact]
    public void Now_allocates_nothing()
    {
        _ = Clock.Now;
        var before = GC.GetAllocatedBytesForCurrentThread();
        _ = Clock.Now;
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void Its_timestamps_are_the_same_time_in_ticks()
    {
        var before = Clock.Now;
        var elapsed = Clock.Instance.GetElapsedTime(before.Ticks);
        Assert.InRange(elapsed, TimeSpan.Zero, Clock.Now - before);
    }
}
