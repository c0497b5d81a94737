namespace Onetun.NetStack.Tests;

public sealed class FragmentKeyTests
{
    private static readonly FragmentKeyComparer Comparer = new(new FlowKeyComparer(1, 3));

    [Theory]
    [InlineData(4)]
    [InlineData(6)]
    public void Fragments_of_one_packet_have_equal_keys(int version)
    {
        var fragments = FragmentEdit.Cut(FragmentEdit.Packet(FragmentEdit.Flow(version), 3000), 1280);
        var first = Read(fragments[0]);
        Assert.All(fragments, f => Assert.Equal(Comparer.GetHashCode(first), Comparer.GetHashCode(Read(f))));
        Assert.All(fragments, f => Assert.True(Comparer.Equals(first, Read(f))));
    }

    [Fact]
    public void Buckets_depend_on_the_seed()
    {
        var other = new FragmentKeyComparer(new FlowKeyComparer(5, 7));
        var packet = FragmentEdit.Packet(FragmentEdit.Flow6, 80);
        var different = Enumerable.Range(0, 100).Count(i =>
        {
            var key = Read(FragmentEdit.Piece(packet, 0, 40, more: true, identification: (uint)i));
            return Comparer.GetHashCode(key) % 64 != other.GetHashCode(key) % 64;
        });
        Assert.InRange(different, 80, 100);
    }

    private static FragmentKey Read(byte[] fragment)
    {
        Assert.True(IpHeader.TryRead(fragment, out var header));
        return FragmentKey.Of(header);
    }
}
