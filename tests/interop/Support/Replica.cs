using System.Net;

namespace Onetun.Interop;

/// <summary>One onetun of several, run as deploy/compose runs it, with a key and a tunnel address of its own.</summary>
internal sealed class Replica : IAsyncDisposable
{
    /// <summary>The name by which it finds the peer.</summary>
    public const string PeerName = "peer";

    private const string Configuration = "/run/secrets/onetun.conf";

    private readonly WireGuardPeer _peer;
    private readonly ITestOutputHelper _output;
    private readonly string _network;
    private readonly string _name;
    private readonly string _file;
    private PublishedContainer? _container;

    public Replica(WireGuardPeer peer, ITestOutputHelper output, string network, int number)
    {
        (_peer, _output, _network) = (peer, output, network);
        (_name, Address) = ($"onetun-{number}", IPAddress.Parse($"10.99.0.{11 + number}"));
        _file = Path.Combine(peer.Keys.FullName, $"{_name}.conf");
    }

    /// <summary>Its own in the tunnel.</summary>
    public IPAddress Address { get; }

    private PublishedContainer Container => _container ?? throw new InvalidOperationException($"{_name} does not run.");

    /// <summary>Makes its key, known to the peer, and runs it.</summary>
    public async Task StartAsync()
    {
        await File.WriteAllTextAsync(
            _file,
            $"""
            [Interface]
            PrivateKey = {await _peer.AdmitAsync(Address)}
            Address = {Address}

            [Peer]
            PublicKey = {_peer.PublicKey}
            Endpoint = {PeerName}:51820
            AllowedIPs = 10.99.0.0/24
            PersistentKeepalive = 25

            """);
        if (!OperatingSystem.IsWindows())
        {
            // The image runs as a user who is not its owner; the directory is closed to others.
            File.SetUnixFileMode(_file, UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        }

        await RunAsync();
    }

    /// <summary>Ends it at once.</summary>
    public Task KillAsync() => Container.KillAsync();

    /// <summary>Lets its connections finish, and expects that it ends by itself.</summary>
    public async Task StopAsync() => Assert.Equal(0, await Container.StopAsync(seconds: 130));

    /// <summary>Whether it takes no connections any more.</summary>
    public async Task<bool> IsStoppingAsync() => (await Container.ReadLogAsync()).Contains("SIGTERM", StringComparison.Ordinal);

    /// <summary>Runs it in a new container, with the same name, key and address.</summary>
    public async Task ReplaceAsync()
    {
        await RemoveAsync();
        await RunAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await RemoveAsync();
        await _peer.ExpelAsync(Address);
        File.Delete(_file);
    }

    private async Task RunAsync() => _container = await PublishedContainer.RunAsync(
        [
            "--network", _network, "--network-alias", _name, "--volume", $"{_file}:{Configuration}:ro",
            "--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges",
        ],
        [
            ReplicaSet.Image, $"--config={Configuration}", "--metrics=0.0.0.0:9090", "--shutdown-timeout=120",
            $"0.0.0.0:8080:{WireGuardPeer.Address}:{WireGuardPeer.HttpPort}",
        ]);

    private async Task RemoveAsync()
    {
        if (_container is { } container)
        {
            _output.WriteLine($"{_name}:\n{await container.ReadLogAsync()}");
            _container = null;
            await container.DisposeAsync();
        }
    }
}
