using Onetun.Tests.Support;
using static Onetun.NetStack.ReassemblyResult;

namespace Onetun.NetStack.Tests;

[Collection(Alone.Name)]
public sealed class ReassemblerLimitTests
{
    [Fact]
    public void Oldest_datagram_of_either_version_gives_way_to_one_too_many()
    {
        var bench = new ReassemblyBench(new ReassemblerOptions { MaxDatagrams = 4 });
        for (uint i = 0; i < 6; i++)
        {
            bench.Now += TimeSpan.FromSeconds(1);
            Assert.Equal(Held, bench.Add(First(i % 2 == 0 ? 4 : 6, i)));
        }

        Assert.Equal((4, 2L), (bench.Reassembler.DatagramCount, bench.Reassembler.Evicted));
        Assert.Equal(4, bench.Pool.Outstanding);
        for (uint i = 5; i >= 2; i--)
        {
            Assert.Equal(Complete, bench.Add(Last(i % 2 == 0 ? 4 : 6, i)));
        }

        Assert.Equal(Held, bench.Add(Last(4, 0)));
        Assert.Equal(Held, bench.Add(Last(6, 1)));
    }

    [Fact]
    public void By_default_there_are_64_datagrams()
    {
        var bench = new ReassemblyBench();
        for (uint i = 0; i < 1000; i++)
        {
            bench.Add(First(4, i));
            Assert.Equal((int)Math.Min(i + 1, 64), bench.Reassembler.DatagramCount);
        }

        Assert.Equal(64, bench.Pool.Outstanding);
        Assert.Equal(1000 - 64, bench.Reassembler.Evicted);
    }

    [Theory]
    [InlineData(80)]
    [InlineData(65_000)]
    public void Storm_from_one_source_crowds_out_no_other(int payload)
    {
        var bench = new ReassemblyBench();
        var honest = FragmentEdit.Packet(FragmentEdit.Flow4 with { Local = IpAddress.FromIpv4(0x0A000003) }, 80);
        var storm = FragmentEdit.Packet(FragmentEdit.Flow4, payload);
        Assert.Equal(Held, bench.Add(FragmentEdit.Piece(honest, 0, 40, more: true)));
        for (uint i = 0; i < 1000; i++)
        {
            bench.Add(FragmentEdit.Piece(storm, payload - 40, payload, more: false, identification: i));
        }

        Assert.Equal(Complete, bench.Add(FragmentEdit.Piece(honest, 40, 80, more: false)));
    }

    [Theory]
    [InlineData(4)]
    [InlineData(6)]
    public void By_default_buffers_never_exceed_4_MiB(int version)
    {
        var bench = new ReassemblyBench();
        var packet = FragmentEdit.Packet(FragmentEdit.Flow(version), 65_000);
        for (uint i = 0; i < 200; i++)
        {
            // The end alone takes the buffer of the whole
            Assert.Equal(Held, bench.Add(FragmentEdit.Piece(packet, 64_000, 65_000, more: false, identification: i)));
            Assert.InRange(bench.Reassembler.BytesHeld, 1, 4 * 1024 * 1024);
        }

        Assert.Equal(64, bench.Reassembler.DatagramCount);
    }

    [Fact]
    public void Oldest_datagrams_give_way_to_more_bytes()
    {
        var bench = new ReassemblyBench(new ReassemblerOptions { MaxBytes = 8192 });
        var packet = FragmentEdit.Packet(FragmentEdit.Flow4, 5000);
        for (uint i = 0; i < 4; i++)
        {
            Assert.Equal(Held, bench.Add(FragmentEdit.Piece(packet, 0, 1024, more: true, identification: i)));
        }

        Assert.Equal(8192, bench.Reassembler.BytesHeld);
        Assert.Equal(Held, bench.Add(FragmentEdit.Piece(packet, 1024, 2048, more: true, identification: 2)));
        Assert.Equal((3, 1L), (bench.Reassembler.DatagramCount, bench.Reassembler.Evicted));
        Assert.Equal(8192, bench.Reassembler.BytesHeld);
    }

    [Fact]
    public void Oldest_datagram_that_wants_more_than_there_is_is_refused()
    {
        var bench = new ReassemblyBench(new ReassemblerOptions { MaxBytes = 4096 });
        var packet = FragmentEdit.Packet(FragmentEdit.Flow4, 5000);
        Assert.Equal(Held, bench.Add(FragmentEdit.Piece(packet, 0, 1024, more: true)));
        Assert.Equal(NoRoom, bench.Add(FragmentEdit.Piece(packet, 4096, 5000, more: false)));
        Assert.Equal(0, bench.Pool.Outstanding);
        Assert.Equal(Refused, bench.Add(FragmentEdit.Piece(packet, 1024, 2048, more: true)));
    }

    [Fact]
    public void Datagram_of_more_than_64_fragments_is_refused()
    {
        var bench = new ReassemblyBench();
        var packet = FragmentEdit.Packet(FragmentEdit.Flow4, 1000);
        for (var i = 0; i < 64; i++)
        {
            Assert.Equal(Held, bench.Add(FragmentEdit.Piece(packet, i * 8, (i + 1) * 8, more: true)));
        }

        Assert.Equal(Duplicate, bench.Add(FragmentEdit.Piece(packet, 8, 16, more: true)));
        Assert.Equal(TooManyFragments, bench.Add(FragmentEdit.Piece(packet, 512, 520, more: true)));
        Assert.Equal(Refused, bench.Add(FragmentEdit.Piece(packet, 520, 1000, more: false)));
        Assert.Equal(0, bench.Pool.Outstanding);
    }

    [Fact]
    public void Datagram_of_64_fragments_is_put_together()
    {
        var bench = new ReassemblyBench();
        var packet = FragmentEdit.Packet(FragmentEdit.Flow4, 512);
        bench.AddAll(Enumerable.Range(0, 64).Select(i => FragmentEdit.Piece(packet, i * 8, (i + 1) * 8, more: i < 63)));
        Assert.Equal(FragmentEdit.Whole(packet), bench.Whole);
    }

    [Fact]
    public void Refused_datagrams_are_counted_and_give_way_like_others()
    {
        var bench = new ReassemblyBench(new ReassemblerOptions { MaxDatagrams = 2 });
        var packet = FragmentEdit.Packet(FragmentEdit.Flow4, 80);
        bench.AddAll(First(4, 7), FragmentEdit.Piece(packet, 8, 24, more: true));
        var forged = FragmentEdit.Piece(packet, 8, 24, more: true);
        forged[^1] ^= 1;
        Assert.Equal(Overlap, bench.Add(forged));
        bench.AddAll(First(4, 8), First(4, 9));
        Assert.Equal((2, 0L), (bench.Reassembler.DatagramCount, bench.Reassembler.Evicted));
        Assert.Equal([Complete, Complete], bench.AddAll(Last(4, 8), Last(4, 9)));
    }

    [Fact]
    public void Buffer_of_a_complete_packet_goes_back_at_the_next_call()
    {
        var bench = new ReassemblyBench();
        bench.AddAll(First(4, 1), Last(4, 1));
        Assert.Equal((1, 0), (bench.Pool.Outstanding, bench.Reassembler.DatagramCount));
        Assert.Empty(bench.Expire());
        Assert.Equal(0, bench.Pool.Outstanding);
    }

    [Fact]
    public void Clearing_gives_every_buffer_back_and_leaves_a_reassembler_that_works()
    {
        var bench = new ReassemblyBench();
        bench.AddAll(First(4, 1), First(6, 2), First(4, 3), Last(4, 3));
        bench.Reassembler.Clear();
        Assert.Equal((0, 0, 0), (bench.Pool.Outstanding, bench.Reassembler.BytesHeld, bench.Reassembler.DatagramCount));
        Assert.Equal(TimeSpan.MaxValue, bench.Reassembler.NextTimeout);
        Assert.Equal([Held, Complete], bench.AddAll(First(4, 1), Last(4, 1)));
    }

    [Fact]
    public void Putting_together_allocates_nothing_in_the_steady_state()
    {
        var reassembler = new Reassembler(new FlowKeyComparer(1, 3));
        byte[][] fragments = [.. FragmentEdit.Cut(FragmentEdit.Packet(FragmentEdit.Flow6, 9000), 1280)];
        Run();
        Assert.Equal(0, Allocation.LeastOf(Run));

        void Run()
        {
            for (var i = 0; i < 100; i++)
            {
                foreach (var fragment in fragments)
                {
                    IpHeader.TryRead(fragment, out var header);
                    reassembler.Add(TimeSpan.Zero, fragment, header, out _);
                }
            }
        }
    }

    [Theory]
    [InlineData(0, 1, 1, 2)]
    [InlineData(1, 0, 1, 2)]
    [InlineData(1, 1, 0, 2)]
    [InlineData(1, 1, 1, 1)]
    public void Bounds_that_nothing_could_keep_are_refused(int seconds, int datagrams, int bytes, int fragments)
    {
        var options = new ReassemblerOptions()
        {
            Ipv4Timeout = TimeSpan.FromSeconds(seconds),
            MaxDatagrams = datagrams,
            MaxBytes = bytes,
            MaxFragments = fragments,
        };
        Assert.Throws<ArgumentOutOfRangeException>(() => new Reassembler(new FlowKeyComparer(1, 3), options));
    }

    private static byte[] First(int version, uint identification) => FragmentEdit.Piece(
        FragmentEdit.Packet(FragmentEdit.Flow(version), 80), 0, 40, more: true, identification);

    private static byte[] Last(int version, uint identification) => FragmentEdit.Piece(
        FragmentEdit.Packet(FragmentEdit.Flow(version), 80), 40, 80, more: false, identification);
}
