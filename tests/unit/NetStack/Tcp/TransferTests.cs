using System.Buffers;
using Onetun.Tests.Support;

namespace Onetun.NetStack.Tests;

[Collection(Alone.Name)]
public class TransferTests
{
    [Fact]
    public void Everything_written_is_read_once_and_in_order()
    {
        var pair = new DirectPair();
        var (client, server) = pair.Connect();
        var random = new Random(1);
        byte next = 0;
        byte expected = 0;
        var total = 0L;
        for (var round = 0; round < 500; round++)
        {
            var room = client.Sender.Buffer.Reserve(random.Next(1, 5000));
            var count = random.Next(1, room.Length);
            for (var i = 0; i < count; i++)
            {
                room.Span[i] = next++;
            }

            client.Sender.Buffer.Commit(count);
            client.Flush();
            pair.Settle();
            foreach (var b in server.Receiver.Buffer.Read().ToArray())
            {
                Assert.Equal(expected++, b);
                total++;
            }

            server.Consume(pair.Now, server.Receiver.Buffer.End, wantsMore: false);
        }

        Assert.Equal(client.Sender.Buffer.End, total);
        Assert.Equal(0, client.Sender.Retransmissions);
    }

    [Theory]
    [InlineData(true, 0)]
    [InlineData(false, 0)]
    [InlineData(true, 50)]
    public void A_hundred_thousand_packets_each_way_allocate_nothing(bool upload, int markEvery)
    {
        var pair = new DirectPair(o => o with { ExplicitCongestionNotification = markEvery > 0 }) { MarkEvery = markEvery };
        var (client, server) = pair.Connect();
        var (from, to) = upload ? (client, server) : (server, client);
        void Run(long packets)
        {
            var end = pair.Packets + packets;
            while (pair.Packets < end)
            {
                var room = from.Sender.Buffer.Reserve(65536);
                from.Sender.Buffer.Commit(65536);
                from.Flush();
                pair.Settle();
                to.Consume(pair.Now, to.Receiver.Buffer.End, wantsMore: false);
            }
        }

        Run(20_000);
        Assert.Equal(0, Allocation.LeastOf(() => Run(100_000)));
        Assert.Equal(markEvery > 0, from.Sender.MarkReductions > 1000);
    }
}
