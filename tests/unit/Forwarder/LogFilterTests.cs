using Microsoft.Extensions.Logging;
using Onetun.Forwarder.Logging;
using Xunit;

namespace Onetun.Forwarder.Tests;

public sealed class LogFilterTests
{
    [Theory]
    [InlineData("info", "onetun::tunnel", LogLevel.Information, true)]
    [InlineData("info", "onetun::tunnel", LogLevel.Debug, false)]
    [InlineData("WARN", "onetun", LogLevel.Information, false)]
    [InlineData("off", "onetun", LogLevel.Critical, false)]
    [InlineData("error", "onetun", LogLevel.Critical, true)]
    [InlineData("onetun=debug,smoltcp=trace", "onetun::pcap", LogLevel.Debug, true)]
    [InlineData("onetun=debug,smoltcp=trace", "onetun::pcap", LogLevel.Trace, false)]
    [InlineData("onetun=debug,smoltcp=trace", "another", LogLevel.Error, false)]
    [InlineData("onetun", "onetun::pcap", LogLevel.Trace, true)]
    [InlineData("onetun=", "onetun::pcap", LogLevel.Trace, true)]
    [InlineData("warn,onetun::tunnel=debug", "onetun::tunnel::tcp", LogLevel.Debug, true)]
    [InlineData("warn,onetun::tunnel=debug", "onetun::pcap", LogLevel.Information, false)]
    [InlineData("onetun::tunnel=off,debug", "onetun::tunnel", LogLevel.Error, false)]
    [InlineData("onetun::tunnel=off,debug", "onetun::pcap", LogLevel.Debug, true)]
    [InlineData(" info , ", "onetun", LogLevel.Information, true)]
    [InlineData("", "onetun", LogLevel.Error, true)]
    [InlineData("", "onetun", LogLevel.Warning, false)]
    public void The_longest_target_decides(string text, string target, LogLevel level, bool allowed)
    {
        Assert.True(LogFilter.TryParse(text, out var filter, out _));
        Assert.Equal(allowed, filter.Allows(target, level));
    }

    [Fact]
    public void A_pattern_behind_the_slash_selects_texts()
    {
        Assert.True(LogFilter.TryParse("info/Tunnel.*8080", out var filter, out _));
        Assert.True(filter.Matches("Tunneling TCP [127.0.0.1:8080]"));
        Assert.False(filter.Matches("Tunneling TCP [127.0.0.1:8081]"));
    }

    [Theory]
    [InlineData("onetun=loud")]
    [InlineData("a=b=info")]
    [InlineData("info/[")]
    public void A_filter_that_means_nothing_is_refused(string text) => Assert.False(LogFilter.TryParse(text, out _, out _));

    [Fact]
    public void Texts_that_the_pattern_does_not_match_are_left_out()
    {
        Assert.True(LogFilter.TryParse("info/b", out var filter, out _));
        Assert.True(filter.HasPattern);
        var log = new TestLog();
        using var factory = new MatchingLoggerFactory(log.CreateFactory(), filter);
        var logger = factory.CreateLogger("onetun");
        logger.ConfigurationWarning("a");
        logger.ConfigurationWarning("b");
        Assert.Equal(["b"], log.Lines);
    }
}
