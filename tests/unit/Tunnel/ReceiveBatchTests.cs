using Onetun.WireGuard;
using Xunit;

namespace Onetun.Tunnel.Tests;

public sealed class ReceiveBatchTests
{
    private static readonly UdpEndPoint Source = new(1, 1);

    /// <summary>Each message is bytes@segment size; the batch holds four datagrams.</summary>
    [Theory]
    [InlineData("1@0", "1", 0)]
    [InlineData("1@1", "1", 0)]
    [InlineData("1@0 1@0", "1 1", 0)]
    [InlineData("3@1 1@0", "1 1 1 1", 0)]
    [InlineData("1@0 3@1", "1 1 1 1", 0)]
    [InlineData("2@1 2@1", "1 1 1 1", 0)]
    [InlineData("1@0 4@1", "1 1 1 1", 1)]
    [InlineData("9@1", "1 1 1 1", 5)]
    [InlineData("7@3", "3 3 1", 0)]
    [InlineData("6@3", "3 3", 0)]
    [InlineData("3@7", "3", 0)]
    [InlineData("3@-1", "3", 0)]
    [InlineData("0@0 2@0", "0 2", 0)]
    [InlineData("4@1 0@0", "1 1 1 1", 1)]
    public void Train_is_split_by_its_segment_size(string messages, string expected, int overflow)
    {
        using var batch = new ReceiveBatch(slots: 2, slotLength: 16, maxDatagrams: 4);
        var missed = 0;
        var parts = messages.Split(' ');
        for (var slot = 0; slot < parts.Length; slot++)
        {
            var numbers = parts[slot].Split('@');
            missed += batch.Add(slot, int.Parse(numbers[0]), int.Parse(numbers[1]), Source);
        }
        Assert.Equal(expected, string.Join(' ', Enumerable.Range(0, batch.Count).Select(i => batch[i].Length)));
        Assert.Equal(overflow, missed);
    }

    [Fact]
    public void Datagrams_are_the_slot_itself_in_order_each_with_its_source()
    {
        using var batch = new ReceiveBatch(slots: 2, slotLength: 16, maxDatagrams: 4);
        for (var i = 0; i < 16; i++)
        {
            batch.Slot(0)[i] = (byte)i;
            batch.Slot(1)[i] = (byte)(100 + i);
        }
        batch.Add(0, 5, 2, Source);
        batch.Add(1, 2, 0, new UdpEndPoint(2, 2));
        Assert.Equal([0, 1], batch[0].ToArray());
        Assert.Equal([2, 3], batch[1].ToArray());
        Assert.Equal([4], batch[2].ToArray());
        Assert.Equal([100, 101], batch[3].ToArray());
        Assert.Equal(Source, batch.SourceOf(2));
        Assert.Equal(new UdpEndPoint(2, 2), batch.SourceOf(3));
        batch[3][0] = 7;
        Assert.Equal(7, batch.Slot(1)[0]);
    }

    [Fact]
    public void Ecn_field_is_that_of_every_datagram_of_a_train_and_of_nothing_after_it()
    {
        using var batch = new ReceiveBatch(slots: 2, slotLength: 16, maxDatagrams: 4);
        batch.Add(0, 4, 2, Source, EcnField.Ce);
        batch.Add(1, 2, 0, Source, EcnField.Ect0);
        Assert.Equal([EcnField.Ce, EcnField.Ce, EcnField.Ect0], Enumerable.Range(0, 3).Select(batch.EcnOf));
        batch.Clear();
        batch.Add(0, 2, 0, Source);
        Assert.Equal(EcnField.NotEct, batch.EcnOf(0));
    }

    [Fact]
    public void Index_beyond_the_count_is_thrown_back()
    {
        using var batch = new ReceiveBatch(slots: 1, slotLength: 16, maxDatagrams: 4);
        batch.Add(0, 1, 0, Source);
        Assert.Throws<ArgumentOutOfRangeException>(() => batch[1].Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => batch.SourceOf(-1));
        batch.Clear();
        Assert.Throws<ArgumentOutOfRangeException>(() => batch[0].Length);
    }
}
