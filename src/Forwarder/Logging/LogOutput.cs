using Microsoft.Extensions.Logging;

namespace Onetun.Forwarder.Logging;

/// <summary>Sends log lines to standard error.</summary>
internal static class LogOutput
{
    // The runtime has 300 ms for its own end, of which this is a part.
    private static readonly TimeSpan LongestFlush = TimeSpan.FromMilliseconds(100);

    private static LogWriter? _writer;

    public static ILoggerFactory Create(LogFilter filter, LogFormat format = LogFormat.Pretty)
    {
        ILineFormatter formatter = format == LogFormat.Json ? new JsonFormatter() : new PrettyFormatter(UseColors());
        var writer = new LogWriter(StandardError.Open(), formatter, TimeProvider.System);
        _writer = writer;
        var rule = new LoggerFilterRule(null, null, null, (_, target, level) => filter.Allows(target ?? "", level));
        var factory = new LoggerFactory([], new LoggerFilterOptions { MinLevel = LogLevel.Trace, Rules = { rule } });
        factory.AddProvider(new LogProvider(writer, TimeProvider.System));
        var safe = new SafeLoggerFactory(factory);
        return filter.HasPattern ? new MatchingLoggerFactory(safe, filter) : safe;
    }

    /// <summary>
    /// Writes the lines so far, ahead of what is to follow them on standard error, and for ends of the process that dispose of
    /// nothing.
    /// </summary>
    public static void Flush() => _writer?.Flush(LongestFlush);

    // As https://no-color.org has it, and terminals without any are called.
    private static bool UseColors() => !Console.IsErrorRedirected
        && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"))
        && Environment.GetEnvironmentVariable("TERM") != "dumb";
}
