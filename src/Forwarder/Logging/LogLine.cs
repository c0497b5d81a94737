using System.Globalization;
using Microsoft.Extensions.Logging;

namespace Onetun.Forwarder.Logging;

/// <summary>A line before it has a format.</summary>
/// <param name="Time">When it was logged.</param>
/// <param name="Level">How much it matters.</param>
/// <param name="Id">Which of the lines in <see cref="Log"/> it is.</param>
/// <param name="Target">Which part of the program it is about.</param>
/// <param name="Message">Its text.</param>
/// <param name="State">Its values by their names.</param>
/// <param name="Exception">The exception that it reports, if any.</param>
internal readonly record struct LogLine(
    DateTimeOffset Time, LogLevel Level, EventId Id, string Target, string Message, object? State, Exception? Exception)
{
    /// <summary>The room that a time takes.</summary>
    public const int TimeSize = 24;

    /// <summary>The time as both formats have it, in UTF-8.</summary>
    public ReadOnlySpan<byte> FormatTime(Span<byte> buffer)
    {
        Time.TryFormat(buffer, out var size, "yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        return buffer[..size];
    }
}
