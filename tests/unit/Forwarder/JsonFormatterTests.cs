using System.Buffers;
using System.Net;
using System.Text;
using Microsoft.Extensions.Logging;
using Onetun.Forwarder.Logging;
using Onetun.Tunnel;
using Xunit;

namespace Onetun.Forwarder.Tests;

/// <summary>Lines as Microsoft.Extensions.Logging.Console 11.0.0 wrote them of the same values.</summary>
public sealed class JsonFormatterTests
{
    private static readonly DateTimeOffset Time = new(2024, 11, 30, 20, 50, 29, 861, TimeSpan.Zero);

    private readonly JsonFormatter _formatter = new();

    [Fact]
    public void Quotes_control_characters_and_what_is_not_ASCII_are_escaped() =>
        Assert.Equal(
            Line("""
                {"Timestamp":"2024-11-30T20:50:29.861Z","EventId":7,"LogLevel":"Warning","Category":"onetun::tunnel",
                "Message":"a \u0022quoted\u0022 \u0027x\u0027 \u003Cb\u003E\u0026\u002B\u0060\t\u0001\u001B[2J \\
                 \u00E9 \u20AC \uD83D\uDE00 \uFFFD end","State":{}}
                """),
            Format(LogLevel.Warning, 7, "a \"quoted\" 'x' <b>&+`\t\u0001\e[2J \\ é € 😀 \ud800 end", "text"));

    [Fact]
    public void Numbers_are_numbers_and_all_else_is_text()
    {
        var values = new Values("closed")
        {
            { "Port", 8080 },
            { "Side", "client" },
            { "BytesUp", 12345678901L },
            { "Seconds", 1.5 },
            { "Float", 0.1f },
            { "Dec", 1.50m },
            { "Small", (byte)3 },
            { "Big", ulong.MaxValue },
            { "None", null },
            { "True", true },
            { "Char", 'c' },
            { "Level", LogLevel.Error },
            { "Time", TimeSpan.FromSeconds(1.5) },
            { "Date", new DateTimeOffset(2024, 1, 2, 3, 4, 5, TimeSpan.Zero) },
            { "Address", IPEndPoint.Parse("127.0.0.1:80") },
            { "{OriginalFormat}", "é{Port}" },
        };
        Assert.Equal(
            Line("""
                {"Timestamp":"2024-11-30T20:50:29.861Z","EventId":2001,"LogLevel":"Information",
                "Category":"onetun::tunnel","Message":"closed","State":{"Message":"closed","Port":8080,
                "Side":"client","BytesUp":12345678901,"Seconds":1.5,"Float":0.1,"Dec":1.50,"Small":3,
                "Big":18446744073709551615,"None":null,"True":true,"Char":"c","Level":"Error",
                "Time":"00:00:01.5000000","Date":"01/02/2024 03:04:05 \u002B00:00","Address":"127.0.0.1:80",
                "{OriginalFormat}":"\u00E9{Port}"}}
                """),
            Format(LogLevel.Information, 2001, "closed", values));
    }

    [Fact]
    public void An_exception_comes_behind_the_message() =>
        Assert.Equal(
            Line("""
                {"Timestamp":"2024-11-30T20:50:29.861Z","EventId":1,"LogLevel":"Critical",
                "Category":"onetun::tunnel","Message":"x",
                "Exception":"System.InvalidOperationException: bad\nthing","State":{}}
                """),
            Format(LogLevel.Critical, 1, "x", "x", new InvalidOperationException("bad\nthing")));

    [Fact]
    public void A_line_without_values_has_none() =>
        Assert.Equal(
            Line("""
                {"Timestamp":"2024-11-30T20:50:29.861Z","EventId":0,"LogLevel":"Trace",
                "Category":"onetun::tunnel","Message":"no state"}
                """),
            Format(LogLevel.Trace, 0, "no state", null));

    [Fact]
    public void A_number_that_JSON_does_not_have_is_text_and_no_fault()
    {
        var line = Format(LogLevel.Debug, 0, "x", new Values("x") { { "A", double.NaN }, { "B", float.PositiveInfinity } });
        Assert.Contains("\"A\":\"NaN\",\"B\":\"Infinity\"", line);
    }

    [Fact]
    public void A_value_that_cannot_be_told_spoils_no_later_line()
    {
        Assert.Throws<NotSupportedException>(() => Format(LogLevel.Debug, 0, "x", new Values("x") { { "A", new Untold() } }));
        Assert.StartsWith("""{"Timestamp":""", Format(LogLevel.Trace, 0, "y", null));
    }

    private static string Line(string text) => text.ReplaceLineEndings("") + Environment.NewLine;

    private string Format(LogLevel level, int id, string message, object? state, Exception? exception = null)
    {
        var text = new ArrayBufferWriter<byte>();
        _formatter.Write(new LogLine(Time, level, id, "onetun::tunnel", message, state, exception), text);
        return Encoding.UTF8.GetString(text.WrittenSpan);
    }

    private sealed class Values(string text) : List<KeyValuePair<string, object?>>
    {
        public void Add(string name, object? value) => Add(new(name, value));

        public override string ToString() => text;
    }

    private sealed class Untold
    {
        public override string ToString() => throw new NotSupportedException();
    }
}
