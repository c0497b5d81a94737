using Onetun.Tunnel.Peers;
using Onetun.WireGuard;
using Xunit;

namespace Onetun.Forwarder.Tests;

public sealed class SessionWatchTests
{
    private readonly TestLog _log = new();

    [Theory]
    // What another process with our key makes of it, which is told once in ten minutes
    [InlineData(15, 3, 0)]
    [InlineData(15, 4, 1)]
    [InlineData(15, 39, 1)]
    [InlineData(15, 60, 2)]
    // And what is as it should be
    [InlineData(120, 60, 0)]
    [InlineData(60, 60, 0)]
    public void Sessions_that_somebody_else_takes_again_and_again_are_told_of(int secondsApart, int handshakes, int warnings)
    {
        var watch = new SessionWatch(_log);
        for (var second = 0; second < secondsApart * handshakes; second++)
        {
            var last = DateTime.UnixEpoch.AddSeconds(second / secondsApart * secondsApart);
            watch.Look(new PeerStatistics { LastHandshake = last, HasSession = true });
        }

        Assert.Equal(warnings, _log.Lines.Count());
        Assert.All(_log.Lines, line => Assert.Contains("is somebody else using our private key?", line));
    }
}
