using System.Net;

namespace Onetun.NetStack.Tests;

/// <summary>Small writes: RFC 9293 §3.7.4, and what a flush is.</summary>
public sealed class NagleTests
{
    private static TcpScript Nagle() => TcpScript.Accepted(configure: o => o with { Socket = o.Socket with { Nagle = true } });

    [Fact]
    public void Small_segment_waits_for_outstanding_data() => Nagle().Run("""
        0.2   write 100
              > PSH+ACK 1..101 ack 1
              write 100
              write 200
        0.3   < ACK 1 ack 101
              > PSH+ACK 101..401 ack 1
        """);

    [Fact]
    public void Full_segment_does_not_wait() => Nagle().Run("""
        0.2   write 100
              > PSH+ACK 1..101 ack 1
              write 700
              write 700
              > ACK 101..1101 ack 1
        0.3   < ACK 1 ack 1101
              > PSH+ACK 1101..1501 ack 1
        """);

    [Fact]
    public void Last_segment_does_not_wait() => Nagle().Run("""
        0.2   write 100
              > PSH+ACK 1..101 ack 1
              write 100
              close
              > FIN+PSH+ACK 101..201 ack 1
        """);

    [Fact]
    public async Task What_is_written_without_a_flush_leaves_together()
    {
        var driver = new StillDriver();
        var writer = new TcpWriter(driver, driver.Connect());
        for (var i = 0; i < 3; i++)
        {
            writer.GetSpan(100);
            writer.Advance(100);
            Assert.Empty(driver.Sent);
        }

        await writer.FlushAsync();
        Assert.Equal([300], driver.Sent);
    }

    /// <summary>A driver whose clock stands still; it keeps the lengths of what is sent.</summary>
    private sealed class StillDriver() : StackDriver(new IpStack(new IpStackOptions
    {
        Addresses = [IPAddress.Parse("10.0.0.1")],
        Secret = new byte[32],
        Tcp = new TcpOptions { Timestamps = false },
    }))
    {
        private uint _sequence;

        public List<int> Sent { get; } = [];

        protected internal override TimeSpan Now => TimeSpan.FromHours(1);

        public TcpConnection Connect()
        {
            using var turn = BeginTurn();
            var connection = Stack.Connect(turn.Now, IpAddress.From(IPAddress.Parse("10.0.0.9")), 80)!;
            Transmit(turn.Now);
            Stack.Receive(turn.Now, new PlainSegment(
                connection.Flow, 1000, _sequence + 1, (byte)(TcpFlags.Syn | TcpFlags.Ack), 9000, [], []).ToBytes());
            Transmit(turn.Now);
            Sent.Clear();
            return connection;
        }

        protected override void Transmit(TimeSpan now)
        {
            var buffer = new byte[2048];
            while (Stack.TryTransmit(now, buffer, out var length))
            {
                Assert.Equal(ReadResult.Ok, SegmentReader.TryRead(buffer.AsSpan(0, length), out var segment));
                _sequence = segment.Sequence;
                Sent.Add(segment.Payload.Length);
            }
        }
    }
}
