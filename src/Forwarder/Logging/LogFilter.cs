using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;

namespace Onetun.Forwarder.Logging;

/// <summary>
/// Which log lines are shown, in the syntax of Rust's env_logger: <c>info</c>, <c>warn,onetun::tunnel=debug</c>,
/// <c>onetun/regex</c>. Of the targets that a line's own begins with, the longest decides.
/// </summary>
internal sealed class LogFilter
{
    private readonly List<(string Target, LogLevel Level)> _directives = [];
    private Regex? _pattern;

    private LogFilter()
    {
    }

    /// <summary>Everything from info on.</summary>
    public static LogFilter Info { get; } = new() { _directives = { ("", LogLevel.Information) } };

    /// <summary>
    /// Warnings and errors, but only errors about other processes that go through this one: its user may not know of them.
    /// </summary>
    public static LogFilter Stdio { get; } =
        new() { _directives = { ("onetun::gate", LogLevel.Error), ("", LogLevel.Warning) } };

    /// <summary>Whether the text of a line matters.</summary>
    public bool HasPattern => _pattern is not null;

    /// <summary>Reads a filter or says what is wrong with it.</summary>
    public static bool TryParse(
        string text, [NotNullWhen(true)] out LogFilter? filter, [NotNullWhen(false)] out string? fault)
    {
        filter = new LogFilter();
        var slash = text.IndexOf('/');
        fault = slash < 0 ? null : filter.SetPattern(text[(slash + 1)..]);
        const StringSplitOptions options = StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries;
        foreach (var directive in (slash < 0 ? text : text[..slash]).Split(',', options))
        {
            fault ??= filter.Add(directive);
        }

        if (fault is not null)
        {
            filter = null;
            return false;
        }

        filter._directives.Sort((x, y) => y.Target.Length.CompareTo(x.Target.Length));
        return true;
    }

    /// <summary>Whether lines of a target and level are wanted.</summary>
    public bool Allows(string target, LogLevel level)
    {
        foreach (var directive in _directives)
        {
            if (target.StartsWith(directive.Target, StringComparison.Ordinal))
            {
                return level >= directive.Level && directive.Level != LogLevel.None;
            }
        }

        // A filter without any directive shows errors, as with env_logger.
        return _directives.Count == 0 && level >= LogLevel.Error;
    }

    /// <summary>Whether the text of a line is wanted.</summary>
    public bool Matches(string message) => _pattern?.IsMatch(message) ?? true;

    private static bool TryParseLevel(string text, out LogLevel level)
    {
        LogLevel? parsed = text.ToUpperInvariant() switch
        {
            "OFF" => LogLevel.None,
            "ERROR" => LogLevel.Error,
            "WARN" => LogLevel.Warning,
            "INFO" => LogLevel.Information,
            "DEBUG" => LogLevel.Debug,
            "TRACE" => LogLevel.Trace,
            _ => null,
        };
        level = parsed ?? LogLevel.None;
        return parsed is not null;
    }

    private string? SetPattern(string pattern)
    {
        try
        {
            _pattern = new Regex(pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
            return null;
        }
        catch (Exception error) when (error is ArgumentException or NotSupportedException)
        {
            return $"'{pattern}' is not a regular expression: {error.Message}";
        }
    }

    private string? Add(string directive)
    {
        var parts = directive.Split('=');
        if (parts.Length == 1)
        {
            if (!TryParseLevel(directive, out var all) && !directive.StartsWith("onetun", StringComparison.Ordinal))
            {
                // env_logger takes any word for a target, so that a mistyped level shows nothing at all.
                return $"'{directive}' is neither off, error, warn, info, debug or trace nor a target of onetun";
            }

            _directives.Add(TryParseLevel(directive, out all) ? ("", all) : (directive, LogLevel.Trace));
            return null;
        }

        var level = LogLevel.Trace;
        if (parts.Length > 2 || (parts[1].Length > 0 && !TryParseLevel(parts[1], out level)))
        {
            return $"'{directive}' does not end in off, error, warn, info, debug or trace";
        }

        _directives.Add((parts[0], level));
        return null;
    }
}
