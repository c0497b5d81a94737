namespace Onetun.NetStack.Tests;

/// <summary>Segments in every order: what is delivered, acknowledged and reported after each.</summary>
public sealed class OrderTests
{
    private const int Size = 700; // At least half of what it calls a full segment, so that each is acknowledged at once

    [Fact]
    public void Each_order_of_five_segments_is_delivered_acknowledged_and_reported()
    {
        foreach (var order in Permutations([0, 1, 2, 3, 4]))
        {
            Play(order);
        }
    }

    [Fact]
    public void Each_order_of_three_segments_sent_twice_is_delivered_acknowledged_and_reported()
    {
        foreach (var order in Permutations([0, 0, 1, 1, 2, 2]).DistinctBy(o => string.Join(' ', o)))
        {
            Play(order);
        }
    }

    private static void Play(int[] order)
    {
        var total = Size * (order.Max() + 1);
        var model = new SackModel(total);
        var script = TcpScript.Accepted("mss 1000 sackok");
        foreach (var i in order)
        {
            script.Run(model.Receive(1 + (i * Size), 1 + ((i + 1) * Size)).Replace("+0.04", ""));
        }

        Assert.Equal(total + 1, model.Next);
        script.Run($"readable {total}\nread {total}");
    }

    private static IEnumerable<int[]> Permutations(int[] items) => items.Length == 0
        ? [[]]
        : Enumerable.Range(0, items.Length).SelectMany(
            i => Permutations([.. items[..i], .. items[(i + 1)..]]).Select(rest => (int[])[items[i], .. rest]));
}
