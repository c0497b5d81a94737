using static Onetun.NetStack.ReassemblyResult;

namespace Onetun.NetStack.Tests;

/// <summary>What becomes of the marks of fragments: RFC 3168 §5.3.</summary>
public sealed class ReassemblerEcnTests
{
    private readonly ReassemblyBench _bench = new();

    [Theory]
    [InlineData(new[] { EcnField.NotEct, EcnField.NotEct, EcnField.NotEct }, EcnField.NotEct)]
    [InlineData(new[] { EcnField.Ect1, EcnField.Ect1, EcnField.Ect1 }, EcnField.Ect1)]
    [InlineData(new[] { EcnField.Ect0, EcnField.Ect0, EcnField.Ect0 }, EcnField.Ect0)]
    [InlineData(new[] { EcnField.Ce, EcnField.Ce, EcnField.Ce }, EcnField.Ce)]
    [InlineData(new[] { EcnField.Ce, EcnField.Ect0, EcnField.Ect0 }, EcnField.Ce)]
    [InlineData(new[] { EcnField.Ect0, EcnField.Ce, EcnField.Ect0 }, EcnField.Ce)]
    [InlineData(new[] { EcnField.Ect1, EcnField.Ect1, EcnField.Ce }, EcnField.Ce)]
    internal void Mark_of_one_fragment_is_that_of_the_packet(EcnField[] fields, EcnField expected)
    {
        foreach (var version in new[] { 4, 6 })
        {
            foreach (var reversed in new[] { false, true })
            {
                var pieces = Pieces(version, fields);
                Assert.Equal([Held, Held, Complete], _bench.AddAll(reversed ? pieces.AsEnumerable().Reverse() : pieces));
                var whole = FragmentEdit.Whole(FragmentEdit.Packet(FragmentEdit.Flow(version), 600));
                PacketEdit.SetEcn(whole, expected);
                Assert.Equal(whole, _bench.Whole);
            }
        }
    }

    [Theory]
    [InlineData(new[] { EcnField.Ce, EcnField.NotEct, EcnField.Ect0 })]
    [InlineData(new[] { EcnField.NotEct, EcnField.Ce, EcnField.NotEct })]
    [InlineData(new[] { EcnField.Ect0, EcnField.NotEct, EcnField.Ce })]
    internal void Mark_beside_a_fragment_that_could_have_none_refuses_the_packet(EcnField[] fields)
    {
        foreach (var version in new[] { 4, 6 })
        {
            var results = _bench.AddAll(Pieces(version, fields));
            Assert.Contains(EcnMismatch, results);
            Assert.DoesNotContain(Complete, results);
            Assert.Equal(0, _bench.Pool.Outstanding);
        }
    }

    [Fact]
    public void Marks_of_one_packet_are_not_those_of_the_next_in_its_place()
    {
        _bench.AddAll(Pieces(4, [EcnField.Ce, EcnField.Ce, EcnField.Ce]));
        Assert.Equal([Held, Held, Complete], _bench.AddAll(Pieces(4, [EcnField.NotEct, EcnField.NotEct, EcnField.NotEct])));
        Assert.Equal(EcnField.NotEct, PacketEdit.Ecn(_bench.Whole));
    }

    private static List<byte[]> Pieces(int version, EcnField[] fields)
    {
        var packet = FragmentEdit.Packet(FragmentEdit.Flow(version), 600);
        List<byte[]> pieces = [.. Enumerable.Range(0, 3).Select(
            i => FragmentEdit.Piece(packet, i * 200, (i + 1) * 200, more: i < 2))];
        for (var i = 0; i < 3; i++)
        {
            PacketEdit.SetEcn(pieces[i], fields[i]);
        }

        return pieces;
    }
}
