using System.Net;

namespace Onetun.Interop;

/// <summary>
/// Three replicas behind HAProxy, as deploy/compose configures it, in a Docker network of their own that the peer joins.
/// </summary>
internal sealed class ReplicaSet : IAsyncDisposable
{
    public const string Image = "onetun";

    private const string BalancerImage = "onetun-interop-haproxy";

    private readonly WireGuardPeer _peer;
    private readonly ITestOutputHelper _output;
    private readonly string _network = $"onetun-interop-{Guid.NewGuid():N}";
    private PublishedContainer? _balancer;

    private ReplicaSet(WireGuardPeer peer, ITestOutputHelper output)
    {
        (_peer, _output) = (peer, output);
        Replicas = [.. Enumerable.Range(0, 3).Select(number => new Replica(peer, output, _network, number))];
    }

    public IReadOnlyList<Replica> Replicas { get; }

    /// <summary>Through HAProxy and a replica of its choice to the peer's pages.</summary>
    public Forward Pages => new(
        (_balancer ?? throw new InvalidOperationException("HAProxy does not run.")).Local,
        new IPEndPoint(WireGuardPeer.Address, WireGuardPeer.HttpPort));

    /// <summary>Starts them all, which are not ready yet; skips the running test where an image is not there.</summary>
    public static async Task<ReplicaSet> StartAsync(WireGuardPeer peer, ITestOutputHelper output)
    {
        foreach (var image in new[] { Image, BalancerImage })
        {
            var (exitCode, _) = await DockerEngine.RunAsync("image", "inspect", image);
            Assert.SkipUnless(exitCode == 0, $"There is no image '{image}' here: tests/interop/engine.sh image");
        }

        var set = new ReplicaSet(peer, output);
        try
        {
            await set.StartAsync();
            return set;
        }
        catch
        {
            await set.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_balancer is not null)
        {
            // The end of it: while no replica is ready, each attempt is a line.
            _output.WriteLine($"HAProxy:\n{string.Join('\n', (await _balancer.ReadLogAsync()).Split('\n').TakeLast(100))}");
            await _balancer.DisposeAsync();
        }

        foreach (var replica in Replicas)
        {
            await replica.DisposeAsync();
        }

        await _peer.LeaveAsync(_network);
        await DockerEngine.RunAsync("network", "rm", _network);
    }

    private async Task StartAsync()
    {
        var (exitCode, output) = await DockerEngine.RunAsync("network", "create", "--label", "onetun-interop=peer", _network);
        Assert.True(exitCode == 0, output);
        await _peer.JoinAsync(_network, Replica.PeerName);
        foreach (var replica in Replicas)
        {
            await replica.StartAsync();
        }

        var configuration = Path.Combine(Checkout.Root, "deploy", "compose", "haproxy.cfg");
        _balancer = await PublishedContainer.RunAsync(
            [
                "--network", _network, "--volume", $"{configuration}:/usr/local/etc/haproxy/haproxy.cfg:ro",
                "--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges",
            ],
            [BalancerImage]);
    }
}
