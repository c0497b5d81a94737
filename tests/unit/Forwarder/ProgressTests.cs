using Microsoft.Extensions.Time.Testing;
using Onetun.Forwarder.Commands;
using Xunit;

namespace Onetun.Forwarder.Tests;

public sealed class ProgressTests : IDisposable
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly FakeTimeProvider _clock = new();
    private readonly StringWriter _terminal = new();

    public void Dispose() => _terminal.Dispose();

    [Fact]
    public void What_ends_within_a_second_shows_nothing()
    {
        using (new Progress(_terminal, "Working", _clock))
        {
            _clock.Advance(0.9 * Second);
        }

        _clock.Advance(Second);
        Assert.Empty(_terminal.ToString());
    }

    [Fact]
    public void What_takes_longer_is_told_each_second_and_leaves_a_blank_line()
    {
        using (new Progress(_terminal, "Working", _clock))
        {
            _clock.Advance(Second);
            _clock.Advance(Second);
        }

        Assert.Equal($"\rWorking ... 1 s\rWorking ... 2 s\r{new string(' ', "Working ... 2 s".Length)}\r", _terminal.ToString());
    }

    [Fact]
    public void A_result_takes_the_line_away_and_the_next_second_counts_anew()
    {
        using var progress = new Progress(_terminal, "Working", _clock);
        _clock.Advance(5 * Second);
        progress.Clear();
        _terminal.GetStringBuilder().Clear();
        _clock.Advance(Second);
        Assert.Equal("\rWorking ... 1 s", _terminal.ToString());
    }

    [Fact]
    public void Where_there_is_no_terminal_nothing_is_written()
    {
        using var progress = new Progress(terminal: null, "Working", _clock);
        _clock.Advance(5 * Second);
        progress.Clear();
    }
}
