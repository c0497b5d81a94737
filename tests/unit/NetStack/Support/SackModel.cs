namespace Onetun.NetStack.Tests;

/// <summary>
/// What a receiver has to answer to each segment, from a plain array of what has come: the ACK, the blocks of RFC 2018 §4
/// and the duplicate of RFC 2883 §4.
/// </summary>
internal sealed class SackModel(int length)
{
    private readonly bool[] _here = new bool[length + 2];
    private List<(int Start, int End)> _reported = [];

    /// <summary>RCV.NXT; 1 is the first byte.</summary>
    public int Next { get; private set; } = 1;

    /// <summary>The script of one segment and its answer.</summary>
    public string Receive(int start, int end)
    {
        var inOrder = start == Next && _reported.Count == 0;
        var duplicate = FirstDuplicate(start, end);
        Array.Fill(_here, true, start, end - start);
        Next = Array.IndexOf(_here, false, 1);
        _reported = [.. Newest(start)];
        var blocks = duplicate is { } twice ? _reported.Prepend(twice) : _reported;
        string[] texts = [.. blocks.Take(4).Select(b => $"{b.Start}..{b.End}")];
        return $"""
            < ACK {start}..{end} ack 1
            {(inOrder && duplicate is null ? "+0.04" : "")} > ACK 1 ack {Next} {(texts.Length > 0 ? "sack " : "nosack")}{string.Join(' ', texts)}
            """;
    }

    // RFC 2883 §4 (2): of several duplicates in one segment the first is reported
    private (int Start, int End)? FirstDuplicate(int start, int end)
    {
        var from = Array.IndexOf(_here, true, start, end - start);
        if (from < 0)
        {
            return null;
        }

        var to = Array.IndexOf(_here, false, from);
        return (from, Math.Min(to, end));
    }

    // RFC 2018 §4: the run of the segment that has just come, then those reported before, newest first
    private IEnumerable<(int Start, int End)> Newest(int start) =>
        new[] { start }.Concat(_reported.Select(r => r.Start)).Where(p => p >= Next).Select(RunOf).Distinct();

    private (int Start, int End) RunOf(int place) =>
        (Array.LastIndexOf(_here, false, place) + 1, Array.IndexOf(_here, false, place));
}
