using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Onetun.Forwarder.Tests;

/// <summary>Keeps what is logged.</summary>
internal sealed class TestLog : ILogger
{
    private readonly ConcurrentQueue<string> _lines = [];

    public IEnumerable<string> Lines => _lines;

    /// <summary>The values of each line.</summary>
    public ConcurrentQueue<IEnumerable<KeyValuePair<string, object?>>> Values { get; } = [];

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        _lines.Enqueue(formatter(state, exception));
        if (state is IEnumerable<KeyValuePair<string, object?>> values)
        {
            Values.Enqueue([.. values]);
        }
    }

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    /// <summary>Loggers that all write here.</summary>
    public ILoggerFactory CreateFactory() => new Factory(this);

    private sealed class Factory(TestLog log) : ILoggerFactory
    {
        public ILogger CreateLogger(string categoryName) => log;

        public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

        public void Dispose()
        {
        }
    }
}
