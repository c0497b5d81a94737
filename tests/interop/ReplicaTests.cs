namespace Onetun.Interop;

/// <summary>Several onetuns behind a balancer, as deploy/compose has them.</summary>
public sealed class ReplicaTests(PlainPeer peer, ITestOutputHelper output)
    : InteropTest(peer, output), IClassFixture<PlainPeer>
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(90);

    private readonly ITestOutputHelper _output = output;

    [Fact]
    public async Task Three_connections_come_from_the_tunnel_addresses_of_three_replicas()
    {
        await using var set = await ReplicaSet.StartAsync(Peer, _output);
        var downloads = await DownloadThroughEachAsync(set);
        Assert.All(await AreWholeAsync(downloads), Assert.True);
    }

    [Fact]
    public async Task A_replica_that_is_killed_loses_its_own_connection_and_no_other()
    {
        await using var set = await ReplicaSet.StartAsync(Peer, _output);
        var downloads = await DownloadThroughEachAsync(set);

        await set.Replicas[0].KillAsync();

        await AnswerAsync(set);
        Assert.Equal(2, (await AreWholeAsync(downloads)).Count(isWhole => isWhole));
    }

    [Fact]
    public async Task An_update_of_one_replica_after_the_other_loses_no_connection_that_ends_in_time()
    {
        await using var set = await ReplicaSet.StartAsync(Peer, _output);
        foreach (var replica in set.Replicas)
        {
            var downloads = await DownloadThroughEachAsync(set);

            var stop = replica.StopAsync();
            await Eventually.TrueAsync(replica.IsStoppingAsync, Limit, "the replica is stopping");
            await AnswerAsync(set);
            Assert.False(stop.IsCompleted, "It stops before its download has ended");
            Assert.All(await AreWholeAsync(downloads), Assert.True);
            await stop;

            await AnswerAsync(set);
            await replica.ReplaceAsync();
            await AnswerAsync(set);
        }
    }

    // HAProxy gives a client to the replica that has the fewest: when all are ready, each has one.
    private async Task<Download[]> DownloadThroughEachAsync(ReplicaSet set)
    {
        var downloads = new List<Download>();
        await Eventually.TrueAsync(
            async () =>
            {
                downloads.ForEach(download => download.Dispose());
                downloads.Clear();
                var others = await Peer.ReadClientsAsync(WireGuardPeer.HttpPort);
                foreach (var _ in set.Replicas)
                {
                    if (await Download.TryBeginAsync(set.Pages) is not { } download)
                    {
                        return false;
                    }

                    downloads.Add(download);
                }

                var clients = (await Peer.ReadClientsAsync(WireGuardPeer.HttpPort)).Except(others);
                return clients.Select(client => client.Split(':')[0]).Order()
                    .SequenceEqual(set.Replicas.Select(replica => replica.Address.ToString()).Order());
            },
            Limit,
            "three downloads come from the addresses of three replicas");
        return [.. downloads];
    }

    private static Task<bool[]> AreWholeAsync(Download[] downloads) =>
        Task.WhenAll(downloads.Select(download => download.IsWholeAsync())).WaitAsync(Limit, Cancellation);

    private static async Task AnswerAsync(ReplicaSet set)
    {
        // Twice as many as there are replicas: one that is down would have got some.
        for (var count = 0; count < 2 * set.Replicas.Count; count++)
        {
            Assert.StartsWith("Hello", await Traffic.GetPageAsync(set.Pages, Limit), StringComparison.Ordinal);
        }
    }
}
