using Onetun.Tests.Support;

namespace Onetun.NetStack.Tests;

[Collection(Alone.Name)]
public sealed class ResetWriterTests
{
    private static readonly FlowKey Flow = new(
        IpAddress.FromIpv4(0x0A000001), IpAddress.FromIpv4(0x0A000002), 80, 50_000);

    private static readonly FlowKey Flow6 = new(
        new IpAddress(0xFD00_0000_0000_0000, 1), new IpAddress(0xFD00_0000_0000_0000, 2), 80, 50_000);

    public static TheoryData<int> Versions => [4, 6];

    [Theory]
    [MemberData(nameof(Versions))]
    public void Syn_is_answered_with_rst_ack_of_its_end(int version)
    {
        var reset = Answer(version, TcpFlags.Syn, [1, 2, 3]);
        Assert.Equal(TcpFlags.Rst | TcpFlags.Ack, reset.Flags);
        Assert.Equal(0u, reset.Sequence);
        Assert.Equal(1004u, reset.Acknowledgment);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public void Ack_is_answered_with_rst_at_what_it_acknowledges(int version)
    {
        var reset = Answer(version, TcpFlags.Ack | TcpFlags.Psh, [1, 2, 3]);
        Assert.Equal(TcpFlags.Rst, reset.Flags);
        Assert.Equal(2000u, reset.Sequence);
        Assert.Equal(0u, reset.Acknowledgment);
    }

    [Theory]
    [InlineData(TcpFlags.Rst)]
    [InlineData(TcpFlags.Rst | TcpFlags.Ack)]
    [InlineData(TcpFlags.Rst | TcpFlags.Syn)]
    internal void Reset_is_never_answered(TcpFlags flags)
    {
        var packet = new PlainSegment(Flow, 1000, 2000, (byte)flags, 3, [], []).ToBytes();
        Assert.Equal(ReadResult.Ok, SegmentReader.TryRead(packet, out var segment));
        Assert.Equal(0, ResetWriter.WriteReset(new byte[60], segment));
    }

    [Fact]
    public void Writing_allocates_nothing()
    {
        TcpSegment segment = default;
        segment.Flow = Flow;
        var reply = new byte[60];
        ResetWriter.WriteReset(reply, segment);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            ResetWriter.WriteReset(reply, segment);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static TcpSegment Answer(int version, TcpFlags flags, byte[] payload)
    {
        var flow = version == 4 ? Flow : Flow6;
        var packet = new PlainSegment(flow, 1000, 2000, (byte)flags, 3, [], payload).ToBytes();
        Assert.Equal(ReadResult.Ok, SegmentReader.TryRead(packet, out var segment));
        var reply = new byte[ResetWriter.MaxLength];
        var length = ResetWriter.WriteReset(reply, segment);
        Assert.Equal(ReadResult.Ok, SegmentReader.TryRead(reply.AsSpan(0, length), out var reset));
        Assert.Equal(flow.Reversed, reset.Flow);
        Assert.Equal(0, reset.Window);
        Assert.Equal(0u, reset.Length);
        return reset;
    }
}
