using System.Net;
using Onetun.Tunnel;
using Onetun.Tunnel.Peers;
using Onetun.WireGuard;
using Xunit;

namespace Onetun.Forwarder.Tests;

public sealed class PathWatchTests
{
    [Theory]
    [InlineData("10.0.0.2", 1216, " (MTU = 1216 saves the search)")]
    [InlineData("fd00::2", 1216, "")]
    [InlineData("fd00::2", 1296, " (MTU = 1296 saves the search)")]
    public void A_narrow_path_is_told_of_once_and_again_when_it_is_wide(string address, int found, string advice)
    {
        using var key = PrivateKey.Generate();
        var log = new TestLog();
        var watch = new PathWatch(
            new TunnelOptions { PrivateKey = key, Addresses = [IPAddress.Parse(address)], Peers = [] }, log);
        var endpoint = IPEndPoint.Parse("192.0.2.1:51820");
        var peer = new PeerStatistics { PublicKey = key.PublicKey, EndPoint = endpoint, HasSession = true };
        foreach (var mtu in new int?[] { null, found, found, null, null })
        {
            watch.Look(peer with { PathMtu = mtu });
        }

        Assert.Equal(
            [
                $"The path to [192.0.2.1:51820] carries packets of at most {found} bytes inside the tunnel, not 1420: longer ones are lost, so none are sent{advice}",
                "The path to [192.0.2.1:51820] carries packets of 1420 bytes again, as far as is known",
            ],
            log.Lines);
    }
}
