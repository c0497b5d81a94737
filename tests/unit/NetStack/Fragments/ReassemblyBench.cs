namespace Onetun.NetStack.Tests;

/// <summary>A reassembler on a clock that the test moves, and on a pool that is checked after every step.</summary>
internal sealed class ReassemblyBench
{
    private static readonly ReassemblyResult[] Results = Enum.GetValues<ReassemblyResult>();

    public ReassemblyBench(ReassemblerOptions? options = null) =>
        Reassembler = new Reassembler(new FlowKeyComparer(0x9E37_79B9_7F4A_7C15, 0xC2B2_AE3D_27D4_EB4F), options, Pool);

    public CountingPool Pool { get; } = new();

    public Reassembler Reassembler { get; }

    public TimeSpan Now { get; set; } = TimeSpan.FromHours(1);

    /// <summary>The packet completed last.</summary>
    public byte[] Whole { get; private set; } = [];

    public ReassemblyResult Add(ReadOnlySpan<byte> packet)
    {
        Assert.True(IpHeader.TryRead(packet, out var header));
        var before = Count();
        var result = Reassembler.Add(Now, packet, header, out var whole);
        Assert.Equal(before + 1, Count());
        Assert.Equal(result == ReassemblyResult.Complete, !whole.IsEmpty);
        Assert.Equal(Pool.OutstandingBytes, Reassembler.BytesHeld);
        Whole = whole.ToArray();
        return result;

        long Count() => Results.Sum(Reassembler.Count);
    }

    public ReassemblyResult[] AddAll(params IEnumerable<byte[]> packets) => [.. packets.Select(p => Add(p))];

    /// <summary>The first fragments of what has timed out by now, empty ones where there was none.</summary>
    public List<byte[]> Expire()
    {
        List<byte[]> expired = [];
        while (Reassembler.OnTimeout(Now, out var firstFragment))
        {
            expired.Add(firstFragment.ToArray());
        }

        Assert.True(Reassembler.NextTimeout > Now);
        Assert.Equal(Pool.OutstandingBytes, Reassembler.BytesHeld);
        return expired;
    }
}
