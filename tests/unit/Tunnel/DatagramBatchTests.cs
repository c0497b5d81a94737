using Onetun.WireGuard;
using Xunit;

namespace Onetun.Tunnel.Tests;

public sealed class DatagramBatchTests
{
    private static readonly UdpEndPoint There = new(1, 1);

    [Fact]
    public void Datagrams_lie_side_by_side()
    {
        using var batch = new DatagramBatch(10, 3);
        batch.TryGetSlot(4, out var first);
        batch.Commit(4, There);
        batch.TryGetSlot(2, out var second);
        batch.Commit(2, There);
        Assert.True(batch[0] == first[..4]);
        Assert.True(batch[1] == second[..2]);
        Assert.True(second == first[4..]);
        Assert.Equal(6, batch.Length);
    }

    [Fact]
    public void Slot_is_all_the_room_there_is_and_refused_when_too_small()
    {
        using var batch = new DatagramBatch(10, 3);
        batch.Commit(4, There);
        Assert.True(batch.TryGetSlot(6, out var slot));
        Assert.Equal(6, slot.Length);
        Assert.False(batch.TryGetSlot(7, out _));
    }

    [Fact]
    public void Slot_is_refused_when_the_count_is_reached()
    {
        using var batch = new DatagramBatch(10, 1);
        batch.Commit(1, There);
        Assert.False(batch.TryGetSlot(0, out _));
        batch.Clear();
        Assert.True(batch.TryGetSlot(10, out _));
    }

    [Fact]
    public void Misuse_is_thrown_back()
    {
        using var batch = new DatagramBatch(10, 1);
        Assert.Throws<ArgumentOutOfRangeException>(() => batch.Commit(11, There));
        Assert.Throws<ArgumentOutOfRangeException>(() => batch.Commit(-1, There));
        Assert.Throws<ArgumentOutOfRangeException>(() => batch[0].Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => batch.EndPointOf(0));
    }

    [Fact]
    public void Dispose_wipes_what_was_written()
    {
        var batch = new DatagramBatch(10, 1);
        batch.TryGetSlot(10, out var slot);
        slot.Fill(0xAA);
        batch.Dispose();
        Assert.Equal(new byte[10], slot.ToArray());
    }
}
