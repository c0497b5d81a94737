using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Onetun.Forwarder.Logging;
using Xunit;

namespace Onetun.Forwarder.Tests;

public sealed class PrettyFormatterTests
{
    private readonly PrettyFormatterOptions _options = new()
    {
        Time = new FakeTimeProvider(new DateTimeOffset(2024, 11, 30, 20, 50, 29, 861, TimeSpan.Zero)),
    };

    [Fact]
    public void A_line_looks_like_the_original() =>
        Assert.Equal(
            " 2024-11-30T20:50:29.861Z INFO  onetun::tunnel > Tunneling TCP [127.0.0.1:8080]->[192.168.4.2:8080] "
                + "(via [140.30.3.182:51820] as peer 192.168.4.3)" + Environment.NewLine,
            Format((LogLevel.Information, "onetun::tunnel",
                "Tunneling TCP [127.0.0.1:8080]->[192.168.4.2:8080] (via [140.30.3.182:51820] as peer 192.168.4.3)")));

    [Theory]
    [InlineData(LogLevel.Trace, "TRACE")]
    [InlineData(LogLevel.Debug, "DEBUG")]
    [InlineData(LogLevel.Warning, "WARN ")]
    [InlineData(LogLevel.Error, "ERROR")]
    [InlineData(LogLevel.Critical, "ERROR")]
    public void Levels_are_five_characters_wide(LogLevel level, string name) =>
        Assert.Equal($" 2024-11-30T20:50:29.861Z {name} onetun > x{Environment.NewLine}", Format((level, "onetun", "x")));

    [Fact]
    public void Targets_keep_the_column_of_the_widest_so_far()
    {
        var lines = Format(
            (LogLevel.Information, "onetun", "a"),
            (LogLevel.Information, "onetun::tunnel", "b"),
            (LogLevel.Information, "onetun", "c")).Split(Environment.NewLine);
        Assert.EndsWith(" onetun > a", lines[0]);
        Assert.EndsWith(" onetun::tunnel > b", lines[1]);
        Assert.EndsWith(" onetun         > c", lines[2]);
    }

    [Fact]
    public void On_a_terminal_levels_are_coloured_and_targets_bold()
    {
        _options.Colors = true;
        Assert.Equal(
            $" 2024-11-30T20:50:29.861Z \e[33mWARN \e[0m \e[1monetun\e[0m > x{Environment.NewLine}",
            Format((LogLevel.Warning, "onetun", "x")));
    }

    private string Format(params (LogLevel Level, string Target, string Message)[] lines)
    {
        var formatter = new PrettyFormatter(Options.Create(_options));
        var text = new StringWriter();
        foreach (var (level, target, message) in lines)
        {
            var entry = new LogEntry<string>(level, target, default, message, null, (state, _) => state);
            formatter.Write(entry, null, text);
        }

        return text.ToString();
    }
}
