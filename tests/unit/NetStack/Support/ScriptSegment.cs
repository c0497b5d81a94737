using System.Globalization;

namespace Onetun.NetStack.Tests;

/// <summary>
/// A segment as a line of a script has it: <c>SYN+ACK 0 ack 1 win 4000 mss 1000 wscale 2 sackok</c>,
/// <c>ACK 1..1001 ack 1 sack 5..9 20..30 ts 7 ecr 3</c>. Numbers are counted from the initial sequence number of their
/// direction; what is not said is not compared, but for the flags and the ECN field of IP, <c>ect0</c>, <c>ect1</c> or <c>ce</c>: not
/// said, there is none.
/// </summary>
internal sealed class ScriptSegment
{
    public TcpFlags Flags { get; private init; }

    public int Start { get; private init; }

    public int PayloadLength { get; private init; }

    public int? Acknowledgment { get; private set; }

    /// <summary>Bytes, as they are meant after scaling.</summary>
    public int? Window { get; private set; }

    public int? Mss { get; private set; }

    public int? WindowScale { get; private set; }

    public bool SackPermitted { get; private set; }

    public List<(int Left, int Right)>? Sacks { get; private set; }

    /// <summary>The peer's as it is, ours in milliseconds since our SYN.</summary>
    public uint? Timestamp { get; private set; }

    /// <inheritdoc cref="Timestamp"/>
    public uint? Echo { get; private set; }

    public EcnField Ecn { get; private set; }

    public static ScriptSegment Parse(ReadOnlySpan<string> words)
    {
        var flags = words[0] == "-"
            ? TcpFlags.None
            : words[0].Split('+').Aggregate(TcpFlags.None, (all, flag) => all | Enum.Parse<TcpFlags>(flag, ignoreCase: true));
        (var start, var end) = Range(words[1]);
        var segment = new ScriptSegment() { Flags = flags, Start = start, PayloadLength = end - start };
        for (var i = 2; i < words.Length; i++)
        {
            i += segment.Set(words[i], words[(i + 1)..]);
        }

        return segment;
    }

    // Returns how many words the value took
    private int Set(string name, ReadOnlySpan<string> rest)
    {
        switch (name)
        {
            case "ack":
                Acknowledgment = Number(rest[0]);
                return 1;
            case "win":
                Window = Number(rest[0]);
                return 1;
            case "mss":
                Mss = Number(rest[0]);
                return 1;
            case "wscale":
                WindowScale = Number(rest[0]);
                return 1;
            case "ts":
                Timestamp = unchecked((uint)Number(rest[0]));
                return 1;
            case "ecr":
                Echo = unchecked((uint)Number(rest[0]));
                return 1;
            case "sackok":
                SackPermitted = true;
                return 0;
            case "ect0" or "ect1" or "ce":
                Ecn = Enum.Parse<EcnField>(name, ignoreCase: true);
                return 0;
            case "nosack":
                Sacks = [];
                return 0;
            case "sack":
                Sacks = [];
                while (Sacks.Count < rest.Length && rest[Sacks.Count].Contains(".."))
                {
                    Sacks.Add(Range(rest[Sacks.Count]));
                }

                return Sacks.Count;
            default:
                throw new FormatException($"'{name}' is no part of a segment");
        }
    }

    private static (int Start, int End) Range(string text)
    {
        var parts = text.Split("..");
        return (Number(parts[0]), Number(parts[^1]));
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
