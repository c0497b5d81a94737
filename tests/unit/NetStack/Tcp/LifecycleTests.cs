namespace Onetun.NetStack.Tests;

/// <summary>Whole lives of connections over bad paths: however they end, both ends notice, and nothing is left.</summary>
public sealed class LifecycleTests
{
    private static readonly LinkOptions Bad = new()
    {
        Rate = 20e6,
        Delay = TimeSpan.FromMilliseconds(15),
        QueueLimit = 64 * 1024,
        Loss = 0.05,
        Duplication = 0.05,
        Reordering = 0.1,
    };

    [Fact]
    public void Either_end_may_close_first_and_everything_arrives()
    {
        for (var seed = 1; seed <= 20; seed++)
        {
            var random = new Random(seed);
            var network = new VirtualNetwork(Bad, seed: seed);
            (var client, var server) = network.Connect();
            var up = network.Send(client, server, random.Next(1, 100_000));
            var down = network.Send(server, client, random.Next(1, 100_000));
            if (random.Next(2) == 0)
            {
                (up, down) = (down, up);
            }

            network.Run(TimeSpan.FromMilliseconds(random.Next(2000)));
            network.RunUntil(() => up.HasWrittenAll, TimeSpan.FromMinutes(10));
            network.Close(up.From);
            network.RunUntil(() => up.IsDone && up.To.InputEnded && down.IsDone, TimeSpan.FromMinutes(10));
            network.Close(down.From);
            network.RunUntil(() => network.Client.ConnectionCount + network.Server.ConnectionCount == 0, TimeSpan.FromMinutes(20));
            Assert.Equal(TcpEnd.Graceful, client.End);
            Assert.Equal(TcpEnd.Graceful, server.End);
        }
    }

    [Fact]
    public void Both_ends_may_close_at_once()
    {
        for (var seed = 1; seed <= 20; seed++)
        {
            var network = new VirtualNetwork(Bad, seed: seed);
            (var client, var server) = network.Connect();
            network.Close(client);
            network.Close(server);
            network.RunUntil(() => network.Client.ConnectionCount + network.Server.ConnectionCount == 0, TimeSpan.FromMinutes(20));
            Assert.Equal(TcpEnd.Graceful, client.End);
            Assert.Equal(TcpEnd.Graceful, server.End);
        }
    }

    [Fact]
    public void Abort_in_the_middle_is_noticed_by_the_other_end()
    {
        for (var seed = 1; seed <= 20; seed++)
        {
            var network = new VirtualNetwork(Bad, seed: seed);
            (var client, var server) = network.Connect();
            var up = network.Send(client, server, 10_000_000);
            network.Run(TimeSpan.FromMilliseconds(100 * seed));
            Assert.False(up.IsDone);
            var byReader = seed % 2 == 0;
            network.Abort(byReader ? server : client);
            var other = byReader ? client : server;

            // A lost RST leaves a reader that waits for ever, as TCP has it: only who sends can notice
            if (byReader)
            {
                network.RunUntil(() => other.State == TcpState.Closed, TimeSpan.FromMinutes(20));
                Assert.Equal(TcpEnd.Reset, other.End);
            }

            network.Run(TimeSpan.FromSeconds(1));
            Assert.InRange(network.Client.ConnectionCount + network.Server.ConnectionCount, 0, byReader ? 0 : 1);
        }
    }

    [Fact]
    public void Many_connections_share_a_path_and_all_are_served()
    {
        var network = new VirtualNetwork(Bad with { Rate = 100e6, QueueLimit = 500_000 }, seed: 3);
        List<Transfer> transfers = [];
        for (ushort port = 1; port <= 100; port++)
        {
            (var client, var server) = network.Connect(port);
            transfers.Add(network.Send(client, server, 50_000));
        }

        network.RunUntil(() => transfers.TrueForAll(t => t.IsDone), TimeSpan.FromMinutes(10));
    }
}
