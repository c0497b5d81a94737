using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Onetun.Tests.Library;

/// <summary>What a host has logged.</summary>
internal sealed class LogLines : ILoggerProvider
{
    private readonly ConcurrentQueue<LogLine> _lines = new();

    public IReadOnlyCollection<LogLine> All => _lines;

    public IEnumerable<LogLine> Of(LogLevel lowest) => _lines.Where(line => line.Level >= lowest);

    public ILogger CreateLogger(string categoryName) => new Logger(categoryName, _lines);

    public void Dispose()
    {
    }

    private sealed class Logger(string category, ConcurrentQueue<LogLine> lines) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            lines.Enqueue(new LogLine(logLevel, category, eventId.Name, $"{formatter(state, exception)} {exception}"));
    }
}

internal sealed record LogLine(LogLevel Level, string Category, string? Event, string Text);
