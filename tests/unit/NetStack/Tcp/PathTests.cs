namespace Onetun.NetStack.Tests;

/// <summary>Two stacks over paths of every kind. Seeds are fixed; times are virtual.</summary>
public sealed class PathTests(ITestOutputHelper output)
{
    private static LinkOptions Mbit(double rate, int milliseconds) => new()
    {
        Rate = rate * 1e6,
        Delay = TimeSpan.FromMilliseconds(milliseconds),
        QueueLimit = 256 * 1024,
    };

    [Theory]
    [InlineData(1, 5)]
    [InlineData(10, 10)]
    [InlineData(100, 10)]
    [InlineData(100, 50)]
    public void Clean_path_is_filled(double rate, int delay)
    {
        var bytes = (long)(rate * 1e6 / 4);
        (var seconds, var transfer, _) = Run(Mbit(rate, delay) with { QueueLimit = 10_000_000 }, bytes);
        Assert.True(bytes * 8 / seconds > rate * 1e6 * 0.6, $"{bytes * 8 / seconds / 1e6:F1} Mbit/s");
        Assert.Equal(0, transfer.From.Sender.Retransmissions);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(5)]
    [InlineData(10)]
    public void Acks_in_batches_are_not_taken_for_a_queue(int milliseconds)
    {
        var busy = Mbit(50, 30) with { Batching = TimeSpan.FromMilliseconds(milliseconds), QueueLimit = 10_000_000 };
        (var seconds, _, _) = Run(busy, 12_000_000);
        Assert.True(12_000_000 * 8 / seconds > 50e6 * 0.6, $"{12_000_000 * 8 / seconds / 1e6:F1} Mbit/s");
    }

    [Theory]
    [InlineData(0.001)]
    [InlineData(0.01)]
    [InlineData(0.05)]
    [InlineData(0.2)]
    public void Random_loss_is_repaired(double loss)
    {
        for (var seed = 1; seed <= 3; seed++)
        {
            Run(Mbit(50, 20) with { Loss = loss }, loss > 0.1 ? 200_000 : 3_000_000, seed);
        }
    }

    [Theory]
    [InlineData(0.01)]
    [InlineData(0.2)]
    [InlineData(1)]
    public void Reordering_is_put_right(double reordering)
    {
        for (var seed = 1; seed <= 3; seed++)
        {
            Run(Mbit(50, 20) with { Reordering = reordering }, 3_000_000, seed);
        }
    }

    [Fact]
    public void Duplication_is_harmless() => Run(Mbit(50, 20) with { Duplication = 0.3 }, 3_000_000);

    [Fact]
    public void Corruption_is_a_loss() => Run(Mbit(50, 20) with { Corruption = 0.02 }, 3_000_000);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    public void Everything_at_once_is_survived_in_both_directions(int seed)
    {
        var bad = Mbit(20, 30) with
        {
            Loss = 0.03,
            Duplication = 0.02,
            Corruption = 0.01,
            Reordering = 0.05,
            QueueLimit = 64 * 1024,
        };
        var network = new VirtualNetwork(bad, seed: seed);
        (var client, var server) = network.Connect();
        var up = network.Send(client, server, 1_000_000);
        var down = network.Send(server, client, 1_000_000);
        network.RunUntil(() => up.IsDone && down.IsDone, TimeSpan.FromMinutes(20));
        network.Close(client);
        network.Close(server);
        network.RunUntil(() => network.Client.ConnectionCount + network.Server.ConnectionCount == 0, TimeSpan.FromMinutes(30));
        Assert.Equal(TcpEnd.Graceful, client.End);
        Assert.Equal(TcpEnd.Graceful, server.End);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Any_single_packet_of_a_short_exchange_may_be_lost(bool up)
    {
        for (long lost = 0; lost < 40; lost++)
        {
            var number = lost;
            var plain = Mbit(10, 20);
            var lossy = plain with { Drop = n => n == number };
            var network = new VirtualNetwork(up ? lossy : plain, up ? plain : lossy);
            (var client, var server) = network.Connect();
            var request = network.Send(client, server, 20_000);
            network.RunUntil(() => request.IsDone, TimeSpan.FromSeconds(10));
            var response = network.Send(server, client, 20_000);
            network.RunUntil(() => response.IsDone, TimeSpan.FromSeconds(10));
            network.Close(client);
            network.RunUntil(() => server.InputEnded, TimeSpan.FromSeconds(10));
            network.Close(server);
            network.RunUntil(() => server.State == TcpState.Closed && client.State == TcpState.TimeWait, TimeSpan.FromSeconds(10));
        }
    }

    [Fact]
    public void Loss_of_one_packet_does_not_end_in_a_timeout()
    {
        var plain = Mbit(50, 50) with { QueueLimit = int.MaxValue };
        var network = new VirtualNetwork(plain with { Drop = n => n == 500 }, plain);
        (var client, var server) = network.Connect();
        var transfer = network.Send(client, server, 3_000_000);
        network.RunUntil(() => transfer.IsDone, TimeSpan.FromMinutes(1));
        Assert.Equal(1, client.Sender.Retransmissions);
    }

    [Fact]
    public void Reader_that_pauses_stops_the_writer_and_loses_nothing()
    {
        var network = new VirtualNetwork(Mbit(100, 10));
        (var client, var server) = network.Connect();
        var transfer = network.Send(client, server, 5_000_000);
        for (var i = 0; i < 5; i++)
        {
            transfer.IsReading = false;
            network.Run(TimeSpan.FromSeconds(7));
            transfer.IsReading = true;
            network.Run(TimeSpan.FromMilliseconds(50));
        }

        network.RunUntil(() => transfer.IsDone, TimeSpan.FromMinutes(2));
        Assert.Equal(TcpState.Established, client.State);
    }

    [Fact]
    public void Path_that_is_gone_for_a_while_is_used_again()
    {
        var network = new VirtualNetwork(Mbit(50, 20));
        (var client, var server) = network.Connect();
        var transfer = network.Send(client, server, 10_000_000);
        network.Run(TimeSpan.FromMilliseconds(500));
        var before = network.Upstream.Options;
        network.Upstream.Options = before with { Loss = 1 };
        network.Run(TimeSpan.FromSeconds(20));
        network.Upstream.Options = before;
        network.RunUntil(() => transfer.IsDone, TimeSpan.FromSeconds(40));
    }

    private (double Seconds, Transfer Transfer, VirtualNetwork Network) Run(LinkOptions link, long bytes, int seed = 1)
    {
        var network = new VirtualNetwork(link, seed: seed);
        (var client, var server) = network.Connect();
        var transfer = network.Send(client, server, bytes);
        var seconds = network.RunUntil(() => transfer.IsDone, TimeSpan.FromMinutes(20)).TotalSeconds;
        output.WriteLine(
            $"seed {seed}: {bytes * 8 / seconds / 1e6:F1} Mbit/s, {network.Upstream.Packets} packets, {network.Upstream.Dropped} lost, {client.Sender.Retransmissions} sent again");
        return (seconds, transfer, network);
    }
}
