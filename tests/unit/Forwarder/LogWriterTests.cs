using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Onetun.Forwarder.Logging;
using Xunit;

namespace Onetun.Forwarder.Tests;

public sealed class LogWriterTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2024, 11, 30, 20, 50, 29, 861, TimeSpan.Zero));
    private readonly TestOutput _output = new();
    private readonly LogWriter _writer;

    public LogWriterTests() => _writer = new LogWriter(_output.Write, new PrettyFormatter(colors: false), _time);

    [Fact]
    public void A_line_comes_out_without_anybody_asking()
    {
        Add("a");
        Assert.True(SpinWait.SpinUntil(() => _output.Writes.Length == 1, Patience));
        Assert.Equal([$" 2024-11-30T20:50:29.861Z INFO  onetun > a{Environment.NewLine}"], _output.Writes);
    }

    [Fact]
    public void Every_thread_finds_its_lines_complete_and_in_order()
    {
        const int lines = 2000;
        Thread[] threads = [.. Enumerable.Range(0, 4).Select(thread => new Thread(() => AddAll(thread, lines)))];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        _writer.Dispose();
        string[] texts = [.. _output.Lines.Select(TextOf)];
        Assert.Equal(threads.Length * lines, texts.Length);
        for (var thread = 0; thread < threads.Length; thread++)
        {
            Assert.Equal(
                Enumerable.Range(0, lines).Select(line => $"{thread}/{line}"),
                texts.Where(text => text.StartsWith($"{thread}/", StringComparison.Ordinal)));
        }
    }

    [Fact]
    public void Many_lines_take_few_writes()
    {
        AddAll(0, 20_000);
        _writer.Dispose();
        Assert.Equal(20_000, _output.Lines.Length);

        // One each 10 ms: the machine may stall for as long as two seconds
        Assert.InRange(_output.Writes.Length, 1, 200);
    }

    [Fact]
    public void A_line_has_the_time_when_it_was_logged_and_not_when_it_was_written()
    {
        _output.Block();
        using var provider = new LogProvider(_writer, _time);
        provider.CreateLogger("onetun").ConfigurationWarning("a");
        _time.Advance(TimeSpan.FromHours(1));
        _output.Release();
        _writer.Flush(Patience);
        Assert.Equal([" 2024-11-30T20:50:29.861Z WARN  onetun > a"], _output.Lines);
    }

    [Fact]
    public void A_reader_that_stalls_holds_nobody_up_and_is_told_how_many_lines_are_missing()
    {
        string text = new('x', 1000);
        _output.Block();
        Add("first");
        _output.WaitForCall();
        var added = 0;
        for (; added * text.Length < 2 * LogWriter.Capacity; added++)
        {
            Add(text);
        }

        // Which is shorter, but must not seem to follow upon the last of them
        Add("short");
        _output.Release();
        _writer.Flush(Patience);
        Add("after");
        _writer.Dispose();
        string[] texts = [.. _output.Lines.Select(TextOf)];
        var kept = texts.Count(line => line == text);
        Assert.InRange(kept * text.Length, LogWriter.Capacity * 9 / 10, LogWriter.Capacity);
        Assert.Equal(
            ["first", .. Enumerable.Repeat(text, kept), Missing(added - kept + 1), "after"], texts);
        Assert.Contains(_output.Lines, line => line.Contains("WARN  onetun > ", StringComparison.Ordinal));
    }

    [Fact]
    public void A_line_that_never_fits_is_missing_and_those_behind_it_are_not()
    {
        Add("before");
        Add(new string('x', LogWriter.Capacity));
        _writer.Flush(Patience);
        Assert.True(SpinWait.SpinUntil(() => _output.Lines.Length == 2, Patience));
        Add("after");
        _writer.Dispose();
        Assert.Equal(["before", Missing(1), "after"], _output.Lines.Select(TextOf));
    }

    [Fact]
    public void What_a_broken_standard_error_did_not_take_is_told_of_when_it_is_whole_again()
    {
        _output.Failure = new IOException("No space left on device");
        Add("a");
        _writer.Flush(Patience);
        Add("b");
        Add("c");
        _writer.Flush(Patience);
        _output.Failure = null;
        Add("d");
        _writer.Flush(Patience);
        Add("e");
        _writer.Dispose();
        Assert.Equal([Missing(3), "d", "e"], _output.Lines.Select(TextOf));
    }

    [Fact]
    public void The_end_waits_for_what_is_written_but_not_for_a_reader_that_never_comes()
    {
        _output.Block();
        Add("a");
        _output.WaitForCall();
        var end = new Thread(_writer.Dispose);
        end.Start();
        Assert.True(end.Join(Patience));
        Assert.Empty(_output.Writes);
    }

    [Fact]
    public void The_end_of_a_broken_one_is_an_end()
    {
        _output.Failure = new IOException("Broken pipe");
        Add("a");
        _writer.Dispose();
        Assert.Empty(_output.Writes);
    }

    [Fact]
    public void Nothing_is_written_behind_the_end()
    {
        Add("a");
        _writer.Dispose();
        Add("b");
        _writer.Dispose();
        Assert.Equal(["a"], _output.Lines.Select(TextOf));
    }

    [Fact]
    public void A_line_allocates_nothing()
    {
        const int lines = 20;
        for (var round = 0; round < 8; round++)
        {
            AddSame(lines * 4);
            _writer.Flush(Patience);
        }

        Assert.Equal(0, Allocation.LeastOf(() => AddSame(lines)));
    }

    public void Dispose()
    {
        _output.Release();
        _writer.Dispose();
        _output.Dispose();
    }

    private static string Missing(int lines) => $"{lines} lines are missing here: standard error did not take them in time";

    private static string TextOf(string line) => line[(line.IndexOf(" > ", StringComparison.Ordinal) + 3)..];

    private void AddAll(int thread, int lines)
    {
        for (var line = 0; line < lines; line++)
        {
            Add($"{thread}/{line}");
        }
    }

    private void AddSame(int lines)
    {
        for (var line = 0; line < lines; line++)
        {
            Add("[[8080:TCP]] Incoming connection from 127.0.0.1:50000");
        }
    }

    private void Add(string text) =>
        _writer.Write(new LogLine(_time.GetUtcNow(), LogLevel.Information, default, "onetun", text, null, null));
}
