using Onetun.Interop;

namespace Onetun.Samples.Tests;

/// <summary>The sample of datagrams.</summary>
public sealed class UdpEchoTests
{
    [Fact]
    public async Task What_is_sent_comes_back()
    {
        await using var sample = Sample.Start("UdpEcho");
        Assert.Equal(["one", "two", "three"], (await sample.EndAsync()).Select(line => line.Split(" says ")[^1]));
    }

    [Fact]
    public async Task A_file_that_is_not_there_is_told_in_a_sentence()
    {
        await using var sample = Sample.Start("UdpEcho", "/nowhere/wg0.conf", "9000");
        Assert.Equal(["Could not find a part of the path '/nowhere/wg0.conf'."], await sample.EndAsync(exitCode: 1));
    }

    [Theory]
    [InlineData("wg0.conf")]
    [InlineData("wg0.conf", "65536")]
    public async Task Arguments_that_mean_nothing_are_answered_with_the_usage(params string[] arguments)
    {
        await using var sample = Sample.Start("UdpEcho", arguments);
        Assert.Equal(["usage: UdpEcho [wg0.conf PORT]"], await sample.EndAsync(exitCode: 2));
    }
}
