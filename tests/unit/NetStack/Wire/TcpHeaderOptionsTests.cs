using CsCheck;

namespace Onetun.NetStack.Tests;

public sealed class TcpHeaderOptionsTests
{
    [Theory]
    [InlineData("", true)]
    [InlineData("00000000", true)]
    [InlineData("01010101", true)]
    [InlineData("02", false)]              // No length
    [InlineData("0200", false)]            // Length 0, on which a careless reader loops for ever
    [InlineData("0201", false)]            // Length 1
    [InlineData("020405", false)]          // Past the end
    [InlineData("010108", false)]
    [InlineData("080a000000010000", false)]
    [InlineData("fe00", false)]
    [InlineData("fe040102", true)]         // Unknown
    [InlineData("fe020101", true)]
    [InlineData("00020001ff", true)]       // Nothing counts behind the end of the list
    [InlineData("02030501", true)]         // Known, of a strange length
    [InlineData("050a0000000000000000", true)]
    [InlineData("0503ff01", true)]
    [InlineData("08040102", true)]
    [InlineData("0304010101", true)]
    [InlineData("04030001", true)]
    public void Lists_are_accepted_or_refused(string hex, bool accepted) =>
        Assert.Equal(accepted, TcpHeaderOptions.TryRead(Convert.FromHexString(hex), syn: true, out _));

    [Fact]
    public void Nothing_is_absent_by_mistake()
    {
        Assert.True(TcpHeaderOptions.TryRead([], syn: true, out var options));
        Assert.Equal(0, options.Mss);
        Assert.Equal(-1, options.WindowScale);
        Assert.False(options.SackPermitted);
        Assert.False(options.HasTimestamp);
        Assert.Equal(0, options.SackCount);
    }

    [Theory]
    [InlineData("02030501")]
    [InlineData("0304010101")]
    [InlineData("04030001")]
    [InlineData("08040102")]
    [InlineData("0503ff01")]
    public void Known_option_of_strange_length_says_nothing(string hex)
    {
        Assert.True(TcpHeaderOptions.TryRead(Convert.FromHexString(hex), syn: true, out var options));
        Assert.Equal(0, options.Mss);
        Assert.Equal(-1, options.WindowScale);
        Assert.False(options.SackPermitted);
        Assert.False(options.HasTimestamp);
        Assert.Equal(0, options.SackCount);
    }

    [Fact]
    public void What_only_a_syn_may_say_is_heard_only_there()
    {
        var bytes = Convert.FromHexString("020405b4" + "0402" + "080a0000000100000002" + "01" + "030307");
        Assert.True(TcpHeaderOptions.TryRead(bytes, syn: true, out var options));
        Assert.Equal(1460, options.Mss);
        Assert.Equal(7, options.WindowScale);
        Assert.True(options.SackPermitted);
        Assert.Equal((1u, 2u), (options.TimestampValue, options.TimestampEcho));

        Assert.True(TcpHeaderOptions.TryRead(bytes, syn: false, out options));
        Assert.Equal(0, options.Mss);
        Assert.Equal(-1, options.WindowScale);
        Assert.False(options.SackPermitted);
        Assert.True(options.HasTimestamp);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(14, 14)]
    [InlineData(15, 14)]
    [InlineData(255, 14)]
    public void Window_scale_is_at_most_14(byte sent, int used)
    {
        Assert.True(TcpHeaderOptions.TryRead([3, 3, sent, 0], syn: true, out var options));
        Assert.Equal(used, options.WindowScale);
    }

    [Fact]
    public void Sack_blocks_are_32_bits_wide_and_at_most_four()
    {
        SackBlock[] blocks = [new(0xFFFF_FFF0, 5), new(100, 200), new(300, 400), new(500, 0x8000_0000)];
        var bytes = new byte[TcpOptionWriter.MaxLength];
        var length = TcpOptionWriter.WriteSack(bytes, blocks);
        Assert.Equal(36, length);
        Assert.True(TcpHeaderOptions.TryRead(bytes.AsSpan(0, length), syn: false, out var options));
        Assert.Equal(4, options.SackCount);
        for (var i = 0; i < 4; i++)
        {
            Assert.Equal(blocks[i], options.GetSack(i));
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => options.GetSack(4));
        byte[] five = [5, 42, .. new byte[40]];
        Assert.True(TcpHeaderOptions.TryRead(five, syn: false, out options));
        Assert.Equal(4, options.SackCount);
    }

    [Fact]
    public void No_sack_blocks_write_nothing() => Assert.Equal(0, TcpOptionWriter.WriteSack(new byte[40], []));

    [Fact]
    public void Syn_options_are_read_back() =>
        Gen.Select(Gen.UShort[1, 65_535], Gen.Int[-1, 14], Gen.Bool, Gen.Bool, Gen.UInt, Gen.UInt).Sample(
            (mss, scale, sack, timestamps, value, echo) =>
            {
                var bytes = new byte[TcpOptionWriter.MaxLength];
                var length = TcpOptionWriter.WriteSyn(bytes, mss, scale, sack, timestamps, value, echo);
                Assert.Equal(0, length % 4);
                Assert.True(length <= 20);
                Assert.All(bytes[length..], b => Assert.Equal(0, b));
                Assert.True(TcpHeaderOptions.TryRead(bytes.AsSpan(0, length), syn: true, out var options));
                Assert.Equal(mss, options.Mss);
                Assert.Equal(scale, options.WindowScale);
                Assert.Equal(sack, options.SackPermitted);
                Assert.Equal(timestamps, options.HasTimestamp);
                Assert.Equal(timestamps ? (value, echo) : (0, 0), (options.TimestampValue, options.TimestampEcho));
            });

    [Fact]
    public void Timestamps_are_written_as_everyone_writes_them()
    {
        var bytes = new byte[12];
        Assert.Equal(12, TcpOptionWriter.WriteTimestamp(bytes, 0x01020304, 0x05060708));
        Assert.Equal("0101080A0102030405060708", Convert.ToHexString(bytes));
        Assert.True(TcpHeaderOptions.TryRead(bytes, syn: false, out var options));
        Assert.Equal((0x01020304u, 0x05060708u), (options.TimestampValue, options.TimestampEcho));
    }

    [Fact]
    public void Random_bytes_never_throw() =>
        Gen.Byte.Array[0, 40].Sample(bytes => { TcpHeaderOptions.TryRead(bytes, syn: true, out _); }, iter: 100_000);
}
