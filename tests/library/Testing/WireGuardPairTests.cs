using System.Net;
using Onetun.WireGuard;

namespace Onetun.Testing.Tests;

/// <summary>A pair is two real tunnels that have shaken hands.</summary>
public sealed class WireGuardPairTests
{
    [Fact]
    public async Task Pair_has_shaken_hands_when_it_has_started()
    {
        await using var pair = await WireGuardPair.StartAsync();
        Assert.True(Assert.Single(pair.First.Peers).HasSession);
        Assert.True(Assert.Single(pair.Second.Peers).HasSession);
        Assert.Equal(pair.First.LocalEndPoint.Port, Assert.Single(pair.Second.Peers).EndPoint!.Port);
    }

    [Fact]
    public async Task Each_reaches_the_other()
    {
        await using var pair = await WireGuardPair.StartAsync();
        await using var atSecond = pair.Second.Listen(7);
        await using var atFirst = pair.First.Listen(7);
        var serving = Task.WhenAll(Echo.ServeAsync(atSecond), Echo.ServeAsync(atFirst));
        var question = Scene.Bytes(100_000);
        Assert.Equal(question, await Echo.AskAsync(pair.First, new IPEndPoint(pair.SecondAddress, 7), question).WaitAsync(Scene.Patience));
        Assert.Equal(question, await Echo.AskAsync(pair.Second, new IPEndPoint(pair.FirstAddress, 7), question).WaitAsync(Scene.Patience));
        var other = new IPEndPoint(pair.Second.Addresses[1].Address, 7);
        Assert.Equal(question, await Echo.AskAsync(pair.First, other, question).WaitAsync(Scene.Patience));
        await pair.DisposeAsync();
        await serving.WaitAsync(Scene.Patience);
    }

    [Fact]
    public async Task Options_are_taken()
    {
        using var key = PrivateKey.Generate();
        using var preshared = PresharedKey.Generate();
        await using (var pair = await WireGuardPair.StartAsync(new WireGuardPairOptions
        {
            FirstKey = key,
            PresharedKey = preshared,
            FirstAddresses = [IPAddress.Parse("192.168.7.1")],
            SecondAddresses = [IPAddress.Parse("192.168.7.2")],
            Configure = options => options with { Mtu = 1300 },
        }))
        {
            Assert.Equal(key.PublicKey, pair.First.PublicKey);
            Assert.Equal(key.PublicKey, pair.Second.FindPeer(IPAddress.Parse("192.168.7.1")));
            Assert.Equal(IPAddress.Parse("192.168.7.2"), pair.SecondAddress);
        }

        Assert.Equal(key.PublicKey, PrivateKey.Parse(key.ToBase64()).PublicKey); // Ours is not disposed with it
    }

    [Fact]
    public async Task Pair_without_a_common_version_is_refused() =>
        await Assert.ThrowsAsync<ArgumentException>(() => WireGuardPair.StartAsync(new WireGuardPairOptions
        {
            FirstAddresses = [IPAddress.Parse("192.168.7.1")],
            SecondAddresses = [IPAddress.Parse("fd07::2")],
        }));
}
