namespace Onetun.NetStack.Tests;

/// <summary>Data that comes out of order: RFC 9293 §3.10.7.4, seventh step.</summary>
public sealed class ReassemblyTests
{
    [Fact]
    public void Five_segments_are_put_together_in_all_120_orders()
    {
        foreach (var order in Permutations(5))
        {
            var receiver = new DirectReceiver();
            foreach (var i in order)
            {
                receiver.Accept(1 + (i * 700), 700);
            }

            receiver.AssertComplete(3500);
        }
    }

    [Fact]
    public void Fin_among_the_permuted_segments_ends_the_stream_at_its_place()
    {
        foreach (var order in Permutations(5))
        {
            var receiver = new DirectReceiver();
            foreach (var i in order)
            {
                Assert.False(receiver.IsFinished);
                receiver.Accept(1 + (i * 700), 700, fin: i == 4);
            }

            receiver.AssertComplete(3500);
            Assert.True(receiver.IsFinished);
        }
    }

    [Theory]
    [InlineData("1..101 51..151", 150)]       // Overlaps the left
    [InlineData("51..151 1..101", 150)]
    [InlineData("1..101 1..201", 200)]        // Same start, longer
    [InlineData("101..151 51..201 1..51", 200)] // Covers
    [InlineData("51..201 101..151 1..51", 200)] // Is covered
    [InlineData("101..201 301..401 51..451 1..51", 450)] // Bridges two
    [InlineData("101..201 301..401 201..301 1..101", 400)]
    [InlineData("101..201 101..201 1..101", 200)]
    [InlineData("201..301 101..251 1..151", 300)]
    public void Overlaps_are_resolved(string segments, int total)
    {
        var receiver = new DirectReceiver();
        foreach (var segment in segments.Split(' '))
        {
            int[] range = [.. segment.Split("..").Select(int.Parse)];
            receiver.Accept(range[0], range[1] - range[0]);
        }

        receiver.AssertComplete(total);
    }

    [Fact]
    public void Random_pieces_agree_with_a_simple_model()
    {
        var random = new Random(1);
        for (var round = 0; round < 300; round++)
        {
            var receiver = new DirectReceiver();
            var here = new bool[5001];
            for (var i = 0; i < 60; i++)
            {
                var start = random.Next(1, 5000);
                var length = random.Next(1, Math.Min(900, 5001 - start));
                receiver.Accept(start, length);
                Array.Fill(here, true, start, length);
                var next = Array.IndexOf(here, false, 1);
                receiver.AssertNext(next < 0 ? 5001 : next);
            }
        }
    }

    [Fact]
    public void Data_read_in_between_makes_no_difference() => TcpScript.Accepted("mss 1000 sackok").Run("""
        0.2   < ACK 1..501 ack 1
              < ACK 1001..1501 ack 1
              > ACK 1 ack 501 sack 1001..1501
              read 500
              < ACK 501..1001 ack 1
              > ACK 1 ack 1501 nosack
              read 1000
        """);

    private static IEnumerable<int[]> Permutations(int count)
    {
        if (count == 0)
        {
            yield return [];
            yield break;
        }

        foreach (var rest in Permutations(count - 1))
        {
            for (var i = 0; i < count; i++)
            {
                yield return [.. rest[..i], count - 1, .. rest[i..]];
            }
        }
    }

    /// <summary>A receiver, without a connection, fed with the pattern of the scripts.</summary>
    private sealed class DirectReceiver
    {
        private readonly Receiver _receiver = new(1000, new ReceiveBlockPool(new BufferMemory(long.MaxValue)), new ReceiverOptions(65535, 65535, AckPolicy.Default));

        public bool IsFinished => _receiver.IsFinished;

        public void Accept(int position, int length, bool fin = false)
        {
            var data = new byte[length];
            for (var i = 0; i < length; i++)
            {
                data[i] = ScriptPeer.Pattern(position + i);
            }

            _receiver.Accept(position, data, fin);
        }

        public void AssertNext(int next)
        {
            Assert.Equal(next, _receiver.Next);
            Assert.Equal(next - 1, _receiver.Buffer.Readable);
        }

        public void AssertComplete(int total)
        {
            Assert.Equal(total, _receiver.Buffer.Readable);
            long place = 1;
            foreach (var memory in _receiver.Buffer.Read())
            {
                foreach (var b in memory.Span)
                {
                    Assert.Equal(ScriptPeer.Pattern(place++), b);
                }
            }
        }
    }
}
