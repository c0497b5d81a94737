using System.Collections;
using Microsoft.Extensions.Logging;
using Onetun.Tunnel.Text;

namespace Onetun.Forwarder.Logging;

/// <summary>Passes lines on without what <see cref="SafeText"/> hides, as text and value by value.</summary>
internal sealed class SafeLoggerFactory(ILoggerFactory inner) : ILoggerFactory
{
    public ILogger CreateLogger(string categoryName) => new SafeLogger(inner.CreateLogger(categoryName));

    public void AddProvider(ILoggerProvider provider) => inner.AddProvider(provider);

    public void Dispose() => inner.Dispose();

    private sealed class SafeLogger(ILogger inner) : ILogger
    {
        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter)
        {
            var values = state as IEnumerable<KeyValuePair<string, object?>> ?? [];
            var line = new SafeLine(values, SafeText.Of(formatter(state, exception)));
            inner.Log(logLevel, eventId, line, null, static (line, _) => line.ToString());
        }

        public bool IsEnabled(LogLevel logLevel) => inner.IsEnabled(logLevel);

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => inner.BeginScope(state);
    }

    // Its values are made safe for those who ask for them: the pretty lines have no use for them.
    private sealed class SafeLine(IEnumerable<KeyValuePair<string, object?>> values, string text)
        : IEnumerable<KeyValuePair<string, object?>>
    {
        public IEnumerator<KeyValuePair<string, object?>> GetEnumerator() => values.Select(Safe).GetEnumerator();

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

        public override string ToString() => text;

        private static KeyValuePair<string, object?> Safe(KeyValuePair<string, object?> value) => value.Value switch
        {
            null or ValueType => value,
            var other => new(value.Key, SafeText.Of($"{other}")),
        };
    }
}
