using Onetun.Forwarder.Logging;

namespace Onetun.Forwarder.Commands;

/// <summary>
/// Says on a terminal that something is under way, once that has taken a second; the line goes when there is something better to
/// show. Into a file or a pipe nothing is written.
/// </summary>
internal sealed class Progress : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly TextWriter? _terminal;
    private readonly string _what;
    private readonly TimeProvider _time;
    private readonly ITimer? _timer;
    private long _since;
    private int _shown;
    private bool _isEnded;

    /// <param name="terminal">Null where there is none.</param>
    /// <param name="what">What is under way.</param>
    /// <param name="time">By which it is told.</param>
    public Progress(TextWriter? terminal, string what, TimeProvider time)
    {
        (_terminal, _what, _time, _since) = (terminal, what, time, time.GetTimestamp());
        _timer = terminal is null ? null : time.CreateTimer(_ => Show(), null, Interval, Interval);
    }

    /// <summary>On the terminal of standard error, if that is one.</summary>
    public static Progress Of(string what) =>
        new(Console.IsErrorRedirected || !Descriptor.IsGiven(Descriptor.Error) ? null : Console.Error, what, TimeProvider.System);

    /// <summary>Takes the line away, and counts anew.</summary>
    public void Clear()
    {
        lock (_lock)
        {
            _since = _time.GetTimestamp();
            Replace("");
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _timer?.Dispose();
        lock (_lock)
        {
            _isEnded = true;
            Replace("");
        }
    }

    private void Show()
    {
        lock (_lock)
        {
            var seconds = (int)_time.GetElapsedTime(_since).TotalSeconds;
            if (!_isEnded && seconds > 0)
            {
                Replace($"{_what} ... {seconds} s");
            }
        }
    }

    // With blanks and returns alone, which every terminal obeys.
    private void Replace(string text)
    {
        if (_shown > 0 || text.Length > 0)
        {
            _terminal!.Write($"\r{text.PadRight(_shown)}{(text.Length == 0 ? "\r" : "")}");
            _shown = text.Length;
        }
    }
}
