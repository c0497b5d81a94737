using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Onetun.Forwarder.Logging;
using Onetun.WireGuard;

namespace Onetun.Forwarder.Tests;

public sealed class LogRingTests : IDisposable
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2024, 11, 30, 20, 50, 29, TimeSpan.Zero));
    private readonly LogRing _ring;
    private readonly ILogger _logger;

    public LogRingTests()
    {
        _ring = new LogRing(_time);
        _logger = _ring.CreateLogger("onetun::tunnel");
    }

    public void Dispose() => _ring.Dispose();

    [Fact]
    public void A_line_is_kept_with_its_time_level_and_target()
    {
        _logger.ConfigurationWarning("a");
        var line = Assert.Single(_ring.Lines);
        Assert.Equal((_time.GetUtcNow(), LogLevel.Warning, "onetun::tunnel", "a"), (line.Time, line.Level, line.Target, line.Message));
    }

    [Fact]
    public void The_newest_200_lines_are_kept()
    {
        for (var line = 0; line < 1000; line++)
        {
            _logger.ConfigurationWarning($"{line}");
        }

        Assert.Equal(Enumerable.Range(800, 200).Select(line => $"{line}"), _ring.Lines.Select(line => line.Message));
    }

    [Fact]
    public void Of_a_line_that_is_too_long_its_beginning_is_kept()
    {
        _logger.ConfigurationWarning(string.Concat(Enumerable.Repeat("some words ", 100_000)));
        Assert.Equal(LogRing.LongestText + "...".Length, Assert.Single(_ring.Lines).Message.Length);
    }

    [Fact]
    public void No_line_has_a_key_nor_the_values_in_which_it_may_be()
    {
        using var key = PrivateKey.Generate();
        _logger.ConfigurationWarning($"PrivateKey={key.ToBase64()}");
        var line = Assert.Single(_ring.Lines);
        Assert.Equal("(hidden)", line.Message);
        Assert.Null(line.State);
    }

    [Fact]
    public void What_is_not_logged_is_not_kept_either()
    {
        using var loggers = LogOutput.Create(LogFilter.Stdio);
        var ring = LogRing.Beside(loggers);
        loggers.CreateLogger("onetun").Stopping("SIGTERM", 5);
        loggers.CreateLogger("onetun").ConfigurationWarning("a");
        Assert.Equal(["a"], ring.Lines.Select(line => line.Message));
    }
}
