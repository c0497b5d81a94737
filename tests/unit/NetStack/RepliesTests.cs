using System.Net;

namespace Onetun.NetStack.Tests;

/// <summary>What strangers are answered, by itself: how much of it, and in which order.</summary>
public sealed class RepliesTests
{
    private static readonly FlowKey Flow = new(
        IpAddress.From(IPAddress.Parse("10.0.0.1")), IpAddress.From(IPAddress.Parse("10.0.0.2")), 80, 40000);

    private readonly Replies _replies = new(mtu: 1420, new Loopback(new HashSet<IpAddress>()));
    private readonly byte[] _buffer = new byte[1420];
    private TimeSpan _now = TimeSpan.FromSeconds(1);

    [Fact]
    public void Nothing_is_sent_unasked() => Assert.False(_replies.TryTransmit(_buffer, out _));

    [Fact]
    public void Refusals_leave_in_the_order_of_their_segments()
    {
        Refuse(1000);
        Refuse(2000);
        Assert.Equal([1000u, 2000u], Sequences());
    }

    [Fact]
    public void Reset_is_never_answered()
    {
        _replies.Refuse(_now, new TcpSegment { Flow = Flow, Flags = TcpFlags.Rst });
        Assert.Empty(Sequences());
    }

    [Fact]
    public void Fifty_refusals_may_come_at_once_and_then_one_a_millisecond()
    {
        for (uint i = 0; i < 60; i++)
        {
            Refuse(i);
        }

        Assert.Equal(50, Sequences().Count);
        _now += TimeSpan.FromMilliseconds(3);
        for (uint i = 0; i < 10; i++)
        {
            Refuse(i);
        }

        Assert.Equal(3, Sequences().Count);
    }

    [Fact]
    public void No_more_than_64_wait()
    {
        for (uint i = 0; i < 100; i++)
        {
            Refuse(i);
            _now += TimeSpan.FromMilliseconds(1);
        }

        Assert.False(_replies.HasRoom);
        Assert.Equal(64, Sequences().Count);
    }

    private void Refuse(uint acknowledgment) => _replies.Refuse(
        _now, new TcpSegment { Flow = Flow, Flags = TcpFlags.Ack, Acknowledgment = acknowledgment });

    /// <summary>RFC 9293 §3.10.7.1: a reset has the number that the segment acknowledged.</summary>
    private List<uint> Sequences()
    {
        List<uint> sequences = [];
        while (_replies.TryTransmit(_buffer, out var length))
        {
            Assert.Equal(ReadResult.Ok, SegmentReader.TryRead(_buffer.AsSpan(0, length), out var segment));
            Assert.True(segment.Has(TcpFlags.Rst));
            sequences.Add(segment.Sequence);
        }

        return sequences;
    }
}
