namespace Onetun.NetStack.Tests;

/// <summary>Segments that overlap in every way: RFC 9293 §3.10.7.4, and what is reported of it by RFC 2018 and RFC 2883.</summary>
public sealed class OverlapTests
{
    private const int Unit = 80; // Six of them stay below what is acknowledged at once for its size
    private const int Units = 6;

    private static readonly (int Start, int End)[] Spans =
    [
        .. from start in Enumerable.Range(0, Units)
           from end in Enumerable.Range(start + 1, Units - start)
           select (1 + (start * Unit), 1 + (end * Unit)),
    ];

    [Fact]
    public void Each_overlap_of_two_segments_is_delivered_acknowledged_and_reported()
    {
        foreach (var first in Spans)
        {
            foreach (var second in Spans)
            {
                Play(first, second);
            }
        }
    }

    [Fact]
    public void Any_overlaps_of_ten_segments_are_delivered_acknowledged_and_reported()
    {
        var random = new Random(1);
        for (var round = 0; round < 300; round++)
        {
            Play([.. Enumerable.Range(0, 10).Select(_ => Spans[random.Next(Spans.Length)])]);
        }
    }

    private static void Play(params (int Start, int End)[] segments)
    {
        const int Total = Unit * Units;
        var model = new SackModel(Total);
        var script = TcpScript.Accepted("mss 1000 sackok");
        foreach ((var start, var end) in segments.Append((1, 1 + Total)))
        {
            script.Run(model.Receive(start, end));
        }

        script.Run($"readable {Total}\nread {Total}");
    }
}
