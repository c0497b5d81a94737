using Microsoft.Extensions.Logging;

namespace Onetun.Forwarder.Logging;

/// <summary>Makes lines of what is logged about a target.</summary>
internal sealed class LineLogger(string target, TimeProvider time, Action<LogLine> write) : ILogger
{
    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        write(new LogLine(time.GetUtcNow(), logLevel, eventId, target, formatter(state, exception), state, exception));

    public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;
}
