using Microsoft.Extensions.Logging;

namespace Onetun.Forwarder.Logging;

/// <summary>Passes on the lines whose text a filter wants; levels and targets are the business of others.</summary>
internal sealed class MatchingLoggerFactory(ILoggerFactory inner, LogFilter filter) : ILoggerFactory
{
    public ILogger CreateLogger(string categoryName) => new MatchingLogger(inner.CreateLogger(categoryName), filter);

    public void AddProvider(ILoggerProvider provider) => inner.AddProvider(provider);

    public void Dispose() => inner.Dispose();

    private sealed class MatchingLogger(ILogger inner, LogFilter filter) : ILogger
    {
        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter)
        {
            if (filter.Matches(formatter(state, exception)))
            {
                inner.Log(logLevel, eventId, state, exception, formatter);
            }
        }

        public bool IsEnabled(LogLevel logLevel) => inner.IsEnabled(logLevel);

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => inner.BeginScope(state);
    }
}
