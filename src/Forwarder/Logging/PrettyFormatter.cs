using System.Globalization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;

namespace Onetun.Forwarder.Logging;

/// <summary>
/// Lines as the Rust onetun writes them, which its users' scripts wait for:
/// <c> 2024-11-30T20:50:29.861Z INFO  onetun::tunnel > Tunneling TCP …</c>
/// </summary>
internal sealed class PrettyFormatter(IOptions<PrettyFormatterOptions> options) : ConsoleFormatter(FormatterName)
{
    public const string FormatterName = "onetun";
    public const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";

    private readonly PrettyFormatterOptions _options = options.Value;
    private int _widestTarget;

    public override void Write<TState>(
        in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        var message = logEntry.Formatter(logEntry.State, logEntry.Exception);

        // Like the original, lines keep the column of the widest target seen so far. A race costs a space.
        _widestTarget = Math.Max(_widestTarget, logEntry.Category.Length);
        var time = _options.Time.GetUtcNow().ToString(TimeFormat, CultureInfo.InvariantCulture);
        var (level, color) = Look(logEntry.LogLevel);
        var target = logEntry.Category.PadRight(_widestTarget);
        textWriter.WriteLine(_options.Colors
            ? $" {time} \e[{color}m{level}\e[0m \e[1m{target}\e[0m > {message}"
            : $" {time} {level} {target} > {message}");
    }

    private static (string Name, int Color) Look(LogLevel level) => level switch
    {
        LogLevel.Trace => ("TRACE", 35),
        LogLevel.Debug => ("DEBUG", 34),
        LogLevel.Information => ("INFO ", 32),
        LogLevel.Warning => ("WARN ", 33),
        _ => ("ERROR", 31),
    };
}
