using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace Onetun.Forwarder.Logging;

/// <summary>Sends log lines to standard error.</summary>
internal static class LogOutput
{
    public static ILoggerFactory Create(LogFilter filter, LogFormat format = LogFormat.Pretty)
    {
        var factory = LoggerFactory.Create(logging => logging
            .SetMinimumLevel(LogLevel.Trace)
            .AddFilter((category, level) => filter.Allows(category ?? "", level))
            .AddConsole(console =>
            {
                console.FormatterName = format == LogFormat.Json ? ConsoleFormatterNames.Json : PrettyFormatter.FormatterName;
                console.LogToStandardErrorThreshold = LogLevel.Trace;
                // .. 2500 lines wait for a reader that stalls; connections do not
                console.QueueFullMode = ConsoleLoggerQueueFullMode.DropWrite;
            })
            .AddConsoleFormatter<PrettyFormatter, PrettyFormatterOptions>(pretty => pretty.Colors = UseColors())
            .Services.Configure<JsonConsoleFormatterOptions>(json =>
            {
                json.UseUtcTimestamp = true;
                json.TimestampFormat = PrettyFormatter.TimeFormat;
            }));
        var safe = new SafeLoggerFactory(factory);
        return filter.HasPattern ? new MatchingLoggerFactory(safe, filter) : safe;
    }

    // https://no-color.org
    private static bool UseColors() =>
        !Console.IsErrorRedirected && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));
}
