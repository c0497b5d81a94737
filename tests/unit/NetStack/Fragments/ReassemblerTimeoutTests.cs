using static Onetun.NetStack.ReassemblyResult;

namespace Onetun.NetStack.Tests;

public sealed class ReassemblerTimeoutTests
{
    private readonly ReassemblyBench _bench = new();

    [Theory]
    [InlineData(4, 30)]
    [InlineData(6, 60)]
    public void Time_runs_from_the_fragment_that_came_first(int version, int seconds)
    {
        var deadline = _bench.Now + TimeSpan.FromSeconds(seconds);
        var packet = FragmentEdit.Packet(FragmentEdit.Flow(version), 80);
        _bench.Add(FragmentEdit.Piece(packet, 0, 16, more: true));
        Assert.Equal(deadline, _bench.Reassembler.NextTimeout);

        _bench.Now = deadline - TimeSpan.FromTicks(1);
        _bench.Add(FragmentEdit.Piece(packet, 32, 64, more: true));
        Assert.Equal(deadline, _bench.Reassembler.NextTimeout);
        Assert.Empty(_bench.Expire());

        _bench.Now = deadline;
        Assert.Single(_bench.Expire());
        Assert.Equal(TimeSpan.MaxValue, _bench.Reassembler.NextTimeout);
        Assert.Equal((0, 1L), (_bench.Pool.Outstanding, _bench.Reassembler.TimedOut));
        Assert.Equal(Held, _bench.Add(FragmentEdit.Piece(packet, 16, 32, more: true)));
    }

    [Theory]
    [InlineData(4, IcmpType.TimeExceeded)]
    [InlineData(6, IcmpType.TimeExceededV6)]
    public void First_fragment_is_handed_out_as_it_came_and_can_be_answered(int version, byte type)
    {
        var packet = FragmentEdit.Packet(FragmentEdit.Flow(version), 80);
        var first = FragmentEdit.Piece(packet, 0, 16, more: true);
        _bench.Add(FragmentEdit.Piece(packet, 64, 80, more: false));
        _bench.Add(first);
        _bench.Add(FragmentEdit.Piece(packet, 16, 32, more: true));
        _bench.Now += TimeSpan.FromSeconds(60);
        Assert.Equal(first, Assert.Single(_bench.Expire()));

        var reply = new byte[1280];
        var length = IcmpWriter.WriteUnreachable(reply, first, IcmpErrorKind.TimeExceeded);
        var icmp = version == 4 ? 20 : 40;
        Assert.Equal((type, 1), (reply[icmp], reply[icmp + 1]));
        Assert.Equal(first, reply[(icmp + 8)..length]);
    }

    [Theory]
    [InlineData(4)]
    [InlineData(6)]
    public void Without_the_first_fragment_nothing_can_be_answered(int version)
    {
        var packet = FragmentEdit.Packet(FragmentEdit.Flow(version), 80);
        _bench.Add(FragmentEdit.Piece(packet, 16, 80, more: false));
        _bench.Now += TimeSpan.FromSeconds(60);
        Assert.Empty(Assert.Single(_bench.Expire()));
        Assert.Equal(0, _bench.Pool.Outstanding);
    }

    [Fact]
    public void Refused_datagram_is_forgotten_in_silence_when_its_time_is_over()
    {
        var packet = FragmentEdit.Packet(FragmentEdit.Flow4, 80);
        _bench.AddAll(FragmentEdit.Piece(packet, 0, 16, more: true), FragmentEdit.Piece(packet, 8, 80, more: false));
        Assert.Equal(1, _bench.Reassembler.Count(Overlap));
        Assert.Equal(_bench.Now + TimeSpan.FromSeconds(30), _bench.Reassembler.NextTimeout);
        _bench.Now += TimeSpan.FromSeconds(30);
        Assert.Empty(_bench.Expire());
        Assert.Equal((0, 0L), (_bench.Reassembler.DatagramCount, _bench.Reassembler.TimedOut));
        Assert.Equal(Held, _bench.Add(FragmentEdit.Piece(packet, 0, 16, more: true)));
    }

    [Fact]
    public void Deadlines_of_both_versions_come_in_order()
    {
        var start = _bench.Now;
        uint[] versions = [6, 4, 6, 4];
        for (uint i = 0; i < versions.Length; i++)
        {
            _bench.Now = start + TimeSpan.FromSeconds(20 * i);
            var packet = FragmentEdit.Packet(FragmentEdit.Flow((int)versions[i]), 80);
            _bench.Add(FragmentEdit.Piece(packet, 0, 16, more: true, identification: i));
        }

        // 60, 20 + 30, 40 + 60 and 60 + 30 seconds
        List<double> seen = [];
        while (_bench.Reassembler.NextTimeout != TimeSpan.MaxValue)
        {
            _bench.Now = _bench.Reassembler.NextTimeout;
            seen.Add((_bench.Now - start).TotalSeconds);
            Assert.Single(_bench.Expire());
        }

        Assert.Equal([50, 60, 90, 100], seen);
    }

    [Fact]
    public void Complete_datagram_leaves_no_deadline()
    {
        var packet = FragmentEdit.Packet(FragmentEdit.Flow4, 80);
        _bench.AddAll(FragmentEdit.Piece(packet, 0, 40, more: true), FragmentEdit.Piece(packet, 40, 80, more: false));
        Assert.Equal(TimeSpan.MaxValue, _bench.Reassembler.NextTimeout);
    }

    [Fact]
    public void Many_that_are_due_at_once_are_handed_out_one_by_one()
    {
        var packet = FragmentEdit.Packet(FragmentEdit.Flow6, 80);
        byte[][] firsts = [.. Enumerable.Range(0, 20).Select(
            i => FragmentEdit.Piece(packet, 0, 16, more: true, identification: (uint)i))];
        _bench.AddAll(firsts);
        _bench.Now += TimeSpan.FromDays(1);
        Assert.Equal(firsts, _bench.Expire());
        Assert.Equal(20, _bench.Reassembler.TimedOut);
    }
}
