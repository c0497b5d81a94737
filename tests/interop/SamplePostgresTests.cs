using System.Net;
using Onetun.Tunnel;
using Onetun.WireGuard;
using Postgres;

namespace Onetun.Interop;

[Collection(nameof(PlainPeer))]
public sealed class SamplePostgresTests
{
    private static readonly IPAddress Host = IPAddress.Parse("10.99.0.5");

    private readonly PlainPeer _peer;

    public SamplePostgresTests(PlainPeer peer)
    {
        _peer = peer;
        Assert.SkipUnless(ThrowAwayPostgres.IsInstalled, "the server of PostgreSQL is not installed");
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_demo_prints_rows_and_leaves_nothing_behind()
    {
        await using var program = Sample.Start("Postgres");
        var lines = await program.EndAsync();
        Assert.Equal(["1\trye", "2\tspelt"], lines[1..]);

        var folder = lines[0].Split(' ')[^1];
        Assert.StartsWith("/tmp/onetun-postgres-", folder, StringComparison.Ordinal);
        await AssertGoneAsync(folder);
    }

    [Theory]
    [InlineData("INT")]
    [InlineData("TERM")]
    public async Task A_signal_ends_the_demo_and_leaves_nothing_behind_either(string signal)
    {
        await using var program = Sample.Start("Postgres");
        var folder = (await program.WaitForAsync("PostgreSQL is")).Split(' ')[^1];
        await program.StopAsync(signal);
        await AssertGoneAsync(folder);
    }

    [Fact]
    public async Task A_database_that_another_client_of_the_peer_exposes_is_queried()
    {
        _peer.SkipWhereAbsent();
        await using var postgres = await ThrowAwayPostgres.StartAsync(Cancellation);
        using var key = PrivateKey.Parse(await _peer.AdmitAsync(Host));
        try
        {
            await using var host = await WireGuardTunnel.StartAsync(WayToPeer(key), Cancellation);
            await using var exposed = host.ExposeTcp(new IPEndPoint(Host, 5432), postgres.EndPoint);
            await host.WaitForHandshakeAsync(cancellationToken: Cancellation); // The peer learns where its way to us is
            var file = new ConfigurationFile(_peer);
            await file.WriteAsync();

            var database = $"Host={Host};Username={ThrowAwayPostgres.User};Database=postgres";
            await using var program = Sample.Start("Postgres", file.Path, database, "select n, n * n from generate_series(1, 10000) n");
            var rows = await program.EndAsync();
            Assert.Equal(Enumerable.Range(1, 10_000).Select(n => $"{n}\t{n * n}"), rows);
        }
        finally
        {
            await _peer.ExpelAsync(Host);
        }
    }

    private static async Task AssertGoneAsync(string folder)
    {
        Assert.False(Directory.Exists(folder));
        var (exitCode, processes, _) = await Tool.RunAsync("ps", "-A", "-o", "args");
        Assert.Equal(0, exitCode);
        Assert.DoesNotContain(folder, processes, StringComparison.Ordinal);
    }

    private TunnelOptions WayToPeer(PrivateKey key) => new()
    {
        PrivateKey = key,
        Addresses = [Host],
        Peers =
        [
            new PeerOptions { PublicKey = PublicKey.Parse(_peer.PublicKey), EndPoint = _peer.EndPoint, AllowedIPs = [IPNetwork.Parse("10.99.0.0/24")] },
        ],
    };
}
