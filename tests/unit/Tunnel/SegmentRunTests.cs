using CsCheck;
using Onetun.WireGuard;
using Xunit;

namespace Onetun.Tunnel.Tests;

public sealed class SegmentRunTests
{
    private static readonly UdpEndPoint There = new(1, 1);
    private static readonly UdpEndPoint Elsewhere = new(1, 2);

    [Theory]
    [InlineData(new[] { 1 }, 100, "1")]
    [InlineData(new[] { 1, 1 }, 100, "2/1")]
    [InlineData(new[] { 2, 1 }, 100, "3/2")]
    [InlineData(new[] { 1, 2 }, 100, "1 2")]
    [InlineData(new[] { 2, 1, 2 }, 100, "3/2 2")]
    [InlineData(new[] { 2, 1, 1 }, 100, "3/2 1")]
    [InlineData(new[] { 2, 2, 2 }, 4, "4/2 2")]
    [InlineData(new[] { 2, 2, 2 }, 5, "4/2 2")]
    [InlineData(new[] { 9 }, 4, "9")]
    [InlineData(new[] { 0, 0, 2, 0 }, 100, "0 0 2 0")]
    public void Equal_neighbours_with_a_shorter_last_make_one_message(int[] lengths, int maxBytes, string expected)
    {
        using var batch = LoopbackPair.Batch(lengths, There);
        Assert.Equal(expected, Describe(batch, maxBytes, SegmentRun.MaxSegments));
    }

    [Fact]
    public void Run_ends_after_64_segments()
    {
        using var batch = LoopbackPair.Batch(Enumerable.Repeat(10, 130), There);
        Assert.Equal("640/10 640/10 20/10", Describe(batch, 65_507, SegmentRun.MaxSegments));
    }

    [Fact]
    public void Run_ends_where_another_destination_begins()
    {
        using var batch = new DatagramBatch(100, 10);
        LoopbackPair.Add(batch, 5, There);
        LoopbackPair.Add(batch, 5, There);
        LoopbackPair.Add(batch, 5, Elsewhere);
        LoopbackPair.Add(batch, 5, There);
        Assert.Equal("10/5 5 5", Describe(batch, 100, SegmentRun.MaxSegments));
    }

    [Fact]
    public void Run_ends_where_another_ecn_field_begins()
    {
        using var batch = new DatagramBatch(100, 10);
        foreach (var ecn in new[] { EcnField.Ect0, EcnField.Ect0, EcnField.NotEct, EcnField.NotEct, EcnField.Ce, EcnField.Ect1 })
        {
            LoopbackPair.Add(batch, 5, There, ecn);
        }

        Assert.Equal("10/5 10/5 5 5", Describe(batch, 100, SegmentRun.MaxSegments));
    }

    [Fact]
    public void Run_is_bounded_by_the_family()
    {
        Assert.Equal(65_507, SegmentRun.MaxBytes(new UdpEndPoint(((UInt128)0xFFFF << 32) | 0x7F000001, 1)));
        Assert.Equal(65_527, SegmentRun.MaxBytes(new UdpEndPoint(1, 1)));
    }

    [Fact]
    public void Runs_cover_the_batch_and_keep_the_rules() =>
        Gen.Select(Gen.Int[0, 4], Gen.Int[1, 2]).Array[1, 40].Sample(datagrams =>
        {
            const int MaxBytes = 9;
            const int MaxSegments = 5;
            using var batch = new DatagramBatch(1000, 100);
            foreach ((var length, var port) in datagrams)
            {
                LoopbackPair.Add(batch, length, new UdpEndPoint(1, (ushort)port));
            }
            for (int first = 0, run; first < batch.Count; first += run)
            {
                run = SegmentRun.Count(batch, first, MaxBytes, MaxSegments);
                Assert.InRange(run, 1, Math.Min(MaxSegments, batch.Count - first));
                Assert.True(run == 1 || batch.LengthOf(first, run) <= MaxBytes);
                for (var i = first; i < first + run; i++)
                {
                    Assert.Equal(batch.EndPointOf(first), batch.EndPointOf(i));
                    Assert.True(run == 1 || batch[i].Length > 0);
                    Assert.True(i == first + run - 1
                        ? batch[i].Length <= batch[first].Length
                        : batch[i].Length == batch[first].Length);
                }
            }
        }, seed: "0000KMgZcIh6", iter: 2000);

    private static string Describe(DatagramBatch batch, int maxBytes, int maxSegments)
    {
        var messages = new List<string>();
        for (int first = 0, run; first < batch.Count; first += run)
        {
            run = SegmentRun.Count(batch, first, maxBytes, maxSegments);
            var bytes = batch.LengthOf(first, run);
            messages.Add(run > 1 ? $"{bytes}/{batch[first].Length}" : $"{bytes}");
        }
        return string.Join(' ', messages);
    }
}
