using System.Net;
using System.Net.Sockets;
using Npgsql;
using Onetun.Tunnel;
using Postgres;

// dotnet run --project samples/Postgres -- wg0.conf "Host=10.0.0.5;Username=app;Database=shop" "select * from bread"
static async Task QueryAsync(string configuration, string database, string query, CancellationToken stopping = default)
{
    using var file = WgQuickConfiguration.Load(configuration);
    await using var tunnel = await WireGuardTunnel.StartAsync(file.ToOptions(), stopping);

    var target = new NpgsqlConnectionStringBuilder(database);                // its host is one in the network, by name or by address
    await using var forward = tunnel.ForwardTcp(new IPEndPoint(IPAddress.Loopback, 0), new DnsEndPoint(target.Host!, target.Port));
    target.Host = $"{IPAddress.Loopback}";                                   // and Npgsql goes there by a port of this machine
    target.Port = ((IPEndPoint)forward.Source).Port;

    await using var source = NpgsqlDataSource.Create(target);
    await using var command = source.CreateCommand(query);
    await using var rows = await command.ExecuteReaderAsync(stopping);
    while (await rows.ReadAsync(stopping))
    {
        Console.WriteLine(string.Join('\t', Enumerable.Range(0, rows.FieldCount).Select(rows.GetValue)));
    }
}

try
{
    switch (args)
    {
        case []:
            return await Demo.RunAsync(QueryAsync);
        case [var configuration, var database, var query] when HasHost(database):
            await QueryAsync(configuration, database, query);
            return 0;
        default:
            await Console.Error.WriteLineAsync("usage: Postgres [wg0.conf \"Host=…;Username=…;Database=…\" \"select …\"]");
            return 2;
    }
}
catch (Exception error) when (error is IOException or UnauthorizedAccessException or WgQuickException or SocketException or NpgsqlException)
{
    await Console.Error.WriteLineAsync(error.Message);
    return 1;
}

static bool HasHost(string database)
{
    try
    {
        return !string.IsNullOrEmpty(new NpgsqlConnectionStringBuilder(database).Host);
    }
    catch (ArgumentException)
    {
        return false;
    }
}
