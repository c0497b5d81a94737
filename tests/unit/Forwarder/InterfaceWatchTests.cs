using Onetun.Tunnel.Peers;
using Xunit;

namespace Onetun.Forwarder.Tests;

public sealed class InterfaceWatchTests
{
    [Fact]
    public void An_interface_that_goes_and_comes_back_is_told_of_once_each()
    {
        var log = new TestLog();
        var index = 3;
        var watch = new InterfaceWatch("wlan0", () => index, log);
        foreach (var next in new[] { 3, 0, 0, 4, 4 })
        {
            index = next;
            watch.Look();
        }

        Assert.Equal(
            ["The network interface wlan0 is gone: nothing reaches a peer until it is back", "The network interface wlan0 is back"],
            log.Lines);
    }

    [Fact]
    public void What_was_never_seen_is_not_gone()
    {
        var log = new TestLog();
        var watch = new InterfaceWatch("wlan0", () => 0, log);
        watch.Look();
        watch.Look();
        Assert.Empty(log.Lines);
    }
}
