using System.Buffers;
using System.Text;
using Microsoft.Extensions.Logging;
using Onetun.Forwarder.Logging;
using Onetun.Tunnel;
using Xunit;

namespace Onetun.Forwarder.Tests;

public sealed class PrettyFormatterTests
{
    private static readonly DateTimeOffset Time = new(2024, 11, 30, 20, 50, 29, 861, TimeSpan.Zero);

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
        var formatter = new PrettyFormatter(colors: true);
        Assert.Equal(
            $" 2024-11-30T20:50:29.861Z \e[33mWARN \e[0m \e[1monetun\e[0m > x{Environment.NewLine}",
            Format(formatter, (LogLevel.Warning, "onetun", "x")));
        Assert.Equal(
            $" 2024-11-30T20:50:29.861Z \e[35mTRACE\e[0m \e[1mone   \e[0m > y{Environment.NewLine}",
            Format(formatter, (LogLevel.Trace, "one", "y")));
    }

    [Fact]
    public void A_text_is_UTF_8_whatever_is_in_it() =>
        Assert.EndsWith($" > é€😀\ufffd\n{Environment.NewLine}", Format((LogLevel.Information, "onetun", "é€😀\ud800\n")));

    private static string Format(params (LogLevel Level, string Target, string Message)[] lines) =>
        Format(new PrettyFormatter(colors: false), lines);

    private static string Format(
        PrettyFormatter formatter, params (LogLevel Level, string Target, string Message)[] lines)
    {
        var text = new ArrayBufferWriter<byte>();
        foreach (var (level, target, message) in lines)
        {
            formatter.Write(new LogLine(Time, level, default, target, message, null, null), text);
        }

        return Encoding.UTF8.GetString(text.WrittenSpan);
    }
}
