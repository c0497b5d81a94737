using System.Net;
using System.Runtime.InteropServices;
using Onetun.Tunnel;
using Onetun.WireGuard;

namespace Postgres;

/// <summary>Both ends on this machine: the other one is a tunnel that exposes a database, which nothing else here reaches.</summary>
internal static class Demo
{
    private const string Query = """
        create table bread (id int, name text);
        insert into bread values (1, 'rye'), (2, 'spelt');
        select * from bread order by id;
        """;

    private static readonly IPAddress Server = IPAddress.Parse("10.77.0.1");
    private static readonly IPAddress Client = IPAddress.Parse("10.77.0.2");

    private static readonly CancellationTokenSource Stop = new();

    /// <summary>Gives a query a wg-quick file, a connection string and SQL. Ctrl-C ends all of it early.</summary>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(Func<string, string, string, CancellationToken, Task> query)
    {
        if (!ThrowAwayPostgres.IsInstalled)
        {
            await Console.Error.WriteLineAsync("The demo needs the server of PostgreSQL: sudo apt-get install postgresql");
            return 1;
        }

        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
        using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, End);
        try
        {
            await ServeAsync(query, Stop.Token);
        }
        catch (OperationCanceledException) when (Stop.IsCancellationRequested)
        {
            // Enough.
        }

        return 0;

        static void End(PosixSignalContext signal)
        {
            signal.Cancel = true;
            Stop.Cancel();
        }
    }

    private static async Task ServeAsync(Func<string, string, string, CancellationToken, Task> query, CancellationToken stopping)
    {
        await using var postgres = await ThrowAwayPostgres.StartAsync(stopping);
        using var serverKey = PrivateKey.Generate();
        using var clientKey = PrivateKey.Generate();
        await using var tunnel = await WireGuardTunnel.StartAsync(new TunnelOptions
        {
            PrivateKey = serverKey,
            Addresses = [Server],
            Transport = new UdpTransportOptions { BindEndPoint = new IPEndPoint(IPAddress.Loopback, 0) },
            Peers = [new PeerOptions { PublicKey = clientKey.PublicKey, AllowedIPs = [new IPNetwork(Client, 32)] }],
        }, stopping);
        await using var exposed = tunnel.ExposeTcp(new IPEndPoint(Server, 5432), postgres.EndPoint);
        Console.WriteLine($"PostgreSQL is {exposed.Source} in the network, and on this machine only a socket in {postgres.Folder}");

        var file = Path.Combine(postgres.Folder, "wg0.conf");
        await File.WriteAllTextAsync(file, $"""
            [Interface]
            PrivateKey = {clientKey.ToBase64()}
            Address = {Client}/32

            [Peer]
            PublicKey = {serverKey.PublicKey}
            Endpoint = {tunnel.LocalEndPoint}
            AllowedIPs = {Server}/32
            """, stopping);
        await query(file, $"Host={Server};Username={ThrowAwayPostgres.User};Database=postgres", Query, stopping);
    }
}
