using Microsoft.Extensions.Logging;

namespace Onetun.Forwarder.Logging;

/// <summary>Sends log lines to standard error.</summary>
internal static class LogOutput
{
    public static ILoggerFactory Create(LogFilter filter) => LoggerFactory.Create(logging => logging
        .SetMinimumLevel(LogLevel.Trace)
        .AddFilter((category, level) => filter.Allows(category ?? "", level))
        .AddConsole(console =>
        {
            console.FormatterName = PrettyFormatter.FormatterName;
            console.LogToStandardErrorThreshold = LogLevel.Trace;
        })
        .AddConsoleFormatter<PrettyFormatter, PrettyFormatterOptions>(pretty =>
        {
            pretty.Filter = filter;
            pretty.Colors = UseColors();
        }));

    // https://no-color.org
    private static bool UseColors() =>
        !Console.IsErrorRedirected && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));
}
