namespace Onetun.NetStack.Tests;

/// <summary>Whatever the bytes, readers answer; they do not throw. The seeds are fixed.</summary>
public sealed class FuzzTests
{
    private readonly PacketReader _reader = new();
    private readonly byte[] _reply = new byte[2000];

    [Fact]
    public void Random_bytes_never_throw()
    {
        var random = new Random(1);
        var bytes = new byte[200];
        for (var i = 0; i < 200_000; i++)
        {
            var packet = bytes.AsSpan(0, random.Next(bytes.Length + 1));
            random.NextBytes(packet);
            if (!packet.IsEmpty)
            {
                packet[0] = (byte)(random.Next(2) == 0 ? 0x45 : 0x60);
            }

            ReadAll(packet);
        }
    }

    [Fact]
    public void Mutated_packets_never_throw()
    {
        var random = new Random(2);
        var seeds = Seeds();
        for (var i = 0; i < 300_000; i++)
        {
            byte[] packet = [.. seeds[random.Next(seeds.Length)]];
            for (var mutations = random.Next(1, 5); mutations > 0; mutations--)
            {
                // Mostly in the headers
                var at = random.Next(random.Next(4) == 0 ? packet.Length : Math.Min(packet.Length, 80));
                packet[at] = (byte)random.Next(256);
            }

            var cut = random.Next(4) == 0 ? packet.AsSpan(0, random.Next(packet.Length)) : packet;
            PacketEdit.FixChecksums(cut);
            ReadAll(cut);
        }
    }

    [Fact]
    public void Truncated_packets_never_throw()
    {
        foreach (var seed in Seeds())
        {
            for (var length = 0; length <= seed.Length; length++)
            {
                ReadAll(seed.AsSpan(0, length));
            }
        }
    }

    private void ReadAll(ReadOnlySpan<byte> packet)
    {
        if (SegmentReader.TryRead(packet, out var segment) == ReadResult.Ok)
        {
            ResetWriter.WriteReset(_reply, segment);
        }

        _reader.TryReadTcp(packet, out _);
        _reader.TryReadUdp(packet, out _);
        if (_reader.TryReadIcmp(packet, out var message))
        {
            message.TryGetError(out _);
        }

        IpHeader.TryReadQuoted(packet, out _);
        IcmpResponder.TryEchoReply(packet, _reply, out _);
        if (packet.Length % 16 == 0)
        {
            IcmpWriter.WriteUnreachable(_reply, packet, (IcmpErrorKind)(packet.Length / 16 % 8));
        }
    }

    private static byte[][] Seeds()
    {
        var flow4 = new FlowKey(IpAddress.FromIpv4(0x0A000001), IpAddress.FromIpv4(0x0A000002), 80, 50_000);
        var flow6 = new FlowKey(new IpAddress(0xFD00UL << 48, 1), new IpAddress(0xFD00UL << 48, 2), 80, 5);
        List<byte[]> seeds = [];
        foreach (var flow in new[] { flow4, flow6 })
        {
            var buffer = new byte[2000];
            foreach (var options in PacketGenerator.OptionLists)
            {
                seeds.Add(new PlainSegment(flow, 1, 2, (byte)(options.Length > 12 ? 2 : 16), 3, options, [1, 2, 3]).ToBytes());
            }

            seeds.Add(buffer[..UdpWriter.Write(buffer, flow.Reversed, [1, 2, 3, 4])]);
            var udp = seeds[^1];
            var error = new byte[2000];
            seeds.Add(error[..IcmpWriter.WriteUnreachable(error, udp, IcmpErrorKind.PortUnreachable)]);
            seeds.Add(IcmpPackets.Echo(flow, 1, 2, [1, 2, 3, 4, 5]));
        }

        var extended = PacketEdit.WithExtension(seeds[^4], IpProtocol.DestinationOptions, [0, 1, 1, 12, .. new byte[12]]);
        extended = PacketEdit.WithExtension(extended, IpProtocol.Fragment, new byte[8]);
        seeds.Add(PacketEdit.WithExtension(extended, IpProtocol.HopByHop, [0, 0, 1, 4, 0, 0, 0, 0]));
        seeds.Add(PacketEdit.WithIpv4Options(seeds[0], [1, 1, 1, 0]));
        return [.. seeds];
    }
}
