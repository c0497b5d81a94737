using System.Buffers.Binary;
using System.Net;
using CsCheck;

namespace Onetun.NetStack.Tests;

public sealed class ChecksumTests
{
    [Fact]
    public void Rfc1071_example_sums_to_ddf2()
    {
        byte[] data = [0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7];
        Assert.Equal(0x220d, Checksum.Finish(Checksum.Add(data)));
    }

    [Fact]
    public void Every_length_up_to_200_agrees_with_the_naive_sum()
    {
        var random = new Random(1);
        for (var length = 0; length <= 200; length++)
        {
            var data = new byte[length];
            random.NextBytes(data);
            Assert.Equal(Naive(data), Checksum.Finish(Checksum.Add(data)));
            Array.Fill(data, byte.MaxValue);
            Assert.Equal(Naive(data), Checksum.Finish(Checksum.Add(data)));
        }
    }

    [Fact]
    public void Random_data_agrees_with_the_naive_sum() =>
        Gen.Byte.Array[0, 70_000].Sample(
            data => Assert.Equal(Naive(data), Checksum.Finish(Checksum.Add(data))), iter: 300);

    [Fact]
    public void Longest_packet_of_all_ones_does_not_overflow()
    {
        var data = new byte[65_575];
        Array.Fill(data, byte.MaxValue);
        Assert.Equal(Naive(data), Checksum.Finish(Checksum.Add(data)));
        Assert.Equal(Naive(data), Checksum.Finish(Checksum.CopyAndAdd(data, new byte[data.Length])));
    }

    [Fact]
    public void Copying_and_adding_copies_exactly_and_adds_the_same() =>
        Gen.Byte.Array[0, 3000].Sample(
            data =>
            {
                var copy = new byte[data.Length + 8];
                Array.Fill(copy, (byte)0xA5);
                var sum = Checksum.CopyAndAdd(data, copy);
                Assert.Equal(data, copy[..data.Length]);
                Assert.All(copy[data.Length..], b => Assert.Equal(0xA5, b));
                Assert.Equal(Naive(data), Checksum.Finish(sum));
            },
            iter: 1000);

    [Fact]
    public void Parts_cut_anywhere_add_up_to_the_whole() =>
        Gen.Select(Gen.Byte.Array[0, 300], Gen.Int[0, 300], Gen.Int[0, 300]).Sample((data, a, b) =>
        {
            var first = Math.Min(Math.Min(a, b), data.Length);
            var second = Math.Min(Math.Max(a, b), data.Length);
            var sum = Checksum.Append(0, Checksum.Add(data.AsSpan(0, first)), 0);
            sum = Checksum.Append(sum, Checksum.Add(data.AsSpan(first, second - first)), first);
            sum = Checksum.Append(sum, Checksum.Add(data.AsSpan(second)), second);
            Assert.Equal(Naive(data), Checksum.Finish(sum));
        });

    [Theory]
    [InlineData("10.1.2.3", "192.168.255.254")]
    [InlineData("0.0.0.0", "255.255.255.255")]
    [InlineData("fd00::1", "2001:db8:ffff::8000:1")]
    public void Pseudo_header_agrees_with_its_bytes(string source, string destination)
    {
        var from = IPAddress.Parse(source);
        var to = IPAddress.Parse(destination);
        var tail = new byte[8];
        BinaryPrimitives.WriteInt32BigEndian(tail, 12345);
        tail[7] = 6;
        byte[] bytes = [.. from.GetAddressBytes(), .. to.GetAddressBytes(), .. tail];
        Assert.Equal(
            Naive(bytes), Checksum.Finish(Checksum.PseudoHeader(IpAddress.From(from), IpAddress.From(to), 6, 12345)));
    }

    private static ushort Naive(ReadOnlySpan<byte> data)
    {
        ulong sum = 0;
        for (var i = 0; i < data.Length; i++)
        {
            sum += i % 2 == 0 ? (ulong)data[i] << 8 : data[i];
        }

        while (sum > 0xFFFF)
        {
            sum = (sum & 0xFFFF) + (sum >> 16);
        }

        return (ushort)~sum;
    }
}
