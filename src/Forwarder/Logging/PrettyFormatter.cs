using System.Buffers;
using System.Text;
using System.Text.Unicode;
using Microsoft.Extensions.Logging;

namespace Onetun.Forwarder.Logging;

/// <summary>
/// Lines as the Rust onetun writes them, which its users' scripts wait for:
/// <c> 2024-11-30T20:50:29.861Z INFO  onetun::tunnel > Tunneling TCP …</c>
/// </summary>
/// <param name="colors">Whether levels are coloured and targets bold.</param>
internal sealed class PrettyFormatter(bool colors) : ILineFormatter
{
    // This is room for blanks, brackets, the level and its colour.
    private const int LongestFrame = 32;

    // They are as long as the widest target.
    private string _blanks = "";

    public void Write(in LogLine line, IBufferWriter<byte> output)
    {
        // Like the original, lines keep the column of the widest target seen so far.
        if (line.Target.Length > _blanks.Length)
        {
            _blanks = new string(' ', line.Target.Length);
        }

        var padding = _blanks.AsSpan(line.Target.Length);
        var time = line.FormatTime(stackalloc byte[LogLine.TimeSize]);
        var (level, color) = Look(line.Level);
        var longest = LogLine.TimeSize + LongestFrame + padding.Length + Encoding.UTF8.GetMaxByteCount(line.Target.Length)
            + Encoding.UTF8.GetMaxByteCount(line.Message.Length);
        var room = output.GetSpan(longest);
        int size;
        _ = colors
            ? Utf8.TryWrite(
                room,
                $" {time} \e[{color}m{level}\e[0m \e[1m{line.Target}{padding}\e[0m > {line.Message}{Environment.NewLine}",
                out size)
            : Utf8.TryWrite(
                room, $" {time} {level} {line.Target}{padding} > {line.Message}{Environment.NewLine}", out size);
        output.Advance(size);
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
