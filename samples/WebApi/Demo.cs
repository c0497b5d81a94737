using System.Net;
using Onetun.Tunnel;
using Onetun.WireGuard;

namespace WebApi;

/// <summary>A network of two on loopback: the API, and the one whom a file is written for.</summary>
internal sealed class Demo : IDisposable
{
    private const string Server = "10.8.0.1";
    private const string Client = "10.8.0.2";

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("webapi-"); // Ours alone to read
    private readonly string _clientKey;

    private Demo(IConfigurationBuilder configuration)
    {
        using var serverKey = PrivateKey.Generate();
        using var clientKey = PrivateKey.Generate();
        _clientKey = clientKey.ToBase64();
        configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Office:PrivateKey"] = serverKey.ToBase64(),
            ["Office:Addresses"] = Server,
            ["Office:Peers:0:PublicKey"] = clientKey.PublicKey.ToString(),
            ["Office:Peers:0:AllowedIPs"] = $"{Client}/32",
            ["People:visitor"] = clientKey.PublicKey.ToString(),
        });
    }

    /// <summary>Null if the configuration has a network.</summary>
    public static Demo? UnlessConfigured(ConfigurationManager configuration) =>
        configuration.GetSection("Office").Exists() ? null : new Demo(configuration);

    /// <summary>Writes the file, and says how to use it.</summary>
    public void Invite(IServiceProvider services)
    {
        var tunnel = services.GetRequiredKeyedService<WireGuardTunnel>("office");
        var file = Path.Combine(_directory.FullName, "client.conf");
        File.WriteAllText(file, $"""
            [Interface]
            PrivateKey = {_clientKey}
            Address = {Client}/32

            [Peer]
            PublicKey = {tunnel.PublicKey}
            Endpoint = {IPAddress.Loopback}:{tunnel.LocalEndPoint.Port}
            AllowedIPs = {Server}/32

            """);
        Console.WriteLine($"Try it from another terminal:\n  dotnet run --project samples/Fetch -- {file} http://{Server}/");
    }

    public void Dispose() => _directory.Delete(recursive: true);
}
