namespace Onetun.NetStack.Tests;

/// <summary>Seeded storms of fragments, honest and not.</summary>
public sealed class ReassemblerFuzzTests
{
    private static readonly ReassemblerOptions Small = new()
    {
        MaxDatagrams = 8,
        MaxBytes = 4 * 1024,
        MaxFragments = 4,
    };

    [Fact]
    public void What_completes_is_what_was_sent()
    {
        var random = new Random(4);
        var bench = new ReassemblyBench(Small);
        byte[][] packets = [.. Enumerable.Range(0, 16).Select(
            i => FragmentEdit.Packet(FragmentEdit.Flow(i % 2 == 0 ? 4 : 6), 72 + (i * 37 % 180), seed: i))];
        var completed = 0;
        for (var i = 0; i < 100_000; i++)
        {
            var id = random.Next(packets.Length);
            var packet = packets[id];
            var total = packet.Length - (packet[0] >> 4 == 4 ? 20 : 40);

            // Mostly on a grid of 64, so that datagrams do complete; otherwise anywhere, which overlaps
            var grid = random.Next(50) == 0 ? 8 : 64;
            var start = random.Next((total + grid - 1) / grid) * grid;
            var end = Math.Min(total, start + grid);
            var piece = FragmentEdit.Piece(packet, start, end, end < total, (uint)id);
            if (bench.Add(piece) == ReassemblyResult.Complete)
            {
                completed++;
                Assert.True(bench.Whole.AsSpan().SequenceEqual(FragmentEdit.Whole(packet, (uint)id)));
            }

            bench.Now += TimeSpan.FromMilliseconds(random.Next(100));
            CheckBounds(bench);
        }

        Assert.True(completed > 1000, $"{completed}");
    }

    [Fact]
    public void Random_fragments_never_throw_and_keep_all_bounds()
    {
        var random = new Random(5);
        var bench = new ReassemblyBench(Small with { MaxFragments = 2 });
        var bytes = new byte[300];
        for (var i = 0; i < 100_000; i++)
        {
            var packet = bytes.AsSpan(0, random.Next(20, bytes.Length));
            random.NextBytes(packet);
            Shape(packet, random);
            if (!IpHeader.TryRead(packet, out _))
            {
                continue;
            }

            bench.Add(packet);
            if (IpHeader.TryRead(bench.Whole, out var whole))
            {
                Assert.False(whole.IsFragment);
                Assert.Equal(bench.Whole.Length, whole.TotalLength);
            }

            bench.Now += TimeSpan.FromMilliseconds(random.Next(200));
            CheckBounds(bench);
        }

        // Or else the storm has missed
        Assert.All(
            Enum.GetValues<ReassemblyResult>().Except([ReassemblyResult.Duplicate]),
            r => Assert.True(bench.Reassembler.Count(r) > 0, $"{r}"));
        Assert.True(bench.Reassembler.Evicted > 0);
        bench.Reassembler.Clear();
        Assert.Equal(0, bench.Pool.Outstanding);
    }

    // Makes random bytes a fragment of one of few datagrams
    private static void Shape(Span<byte> packet, Random random)
    {
        var isIpv4 = packet.Length < 56 || random.Next(2) == 0;
        var more = random.Next(4) != 0;
        var offset = random.Next(3) == 0 ? 0 : random.Next(50) == 0 ? random.Next(8192) : random.Next(40);
        if (isIpv4)
        {
            packet[0] = (byte)(0x45 + random.Next(2) * random.Next(3));
            packet[2] = (byte)(packet.Length >> 8);
            packet[3] = (byte)packet.Length;
            packet[4] = 0;
            packet[5] = (byte)random.Next(8);
            packet[6] = (byte)((more ? 0x20 : 0) | (offset >> 8));
            packet[7] = (byte)offset;
            packet[9] = (byte)(random.Next(2) == 0 ? IpProtocol.Udp : IpProtocol.Tcp);
            packet[12..20].Fill(10);
            if (packet.Length >= (packet[0] & 15) * 4)
            {
                PacketEdit.FixIpv4Checksum(packet);
            }

            return;
        }

        packet[0] = 0x60;
        packet[4] = (byte)((packet.Length - 40) >> 8);
        packet[5] = (byte)(packet.Length - 40);
        packet[6] = IpProtocol.Fragment;
        packet[8..40].Fill(1);
        packet[40] = random.Next(6) switch
        {
            0 => IpProtocol.DestinationOptions,
            1 => IpProtocol.Fragment,
            2 => IpProtocol.Routing,
            3 => (byte)random.Next(256),
            _ => IpProtocol.Udp,
        };
        packet[42] = (byte)(offset >> 5);
        packet[43] = (byte)((offset << 3) | (more ? 1 : 0));
        packet[44..47].Clear();
        packet[47] = (byte)random.Next(8);
    }

    private static void CheckBounds(ReassemblyBench bench)
    {
        Assert.InRange(bench.Reassembler.BytesHeld, 0, Small.MaxBytes);
        Assert.InRange(bench.Reassembler.DatagramCount, 0, Small.MaxDatagrams);
        if (bench.Reassembler.NextTimeout <= bench.Now)
        {
            bench.Expire();
        }
    }
}
