using System.Globalization;
using System.Net;
using System.Text;
using Docker.DotNet.Models;
using DotNet.Testcontainers.Builders;
using DotNet.Testcontainers.Configurations;
using DotNet.Testcontainers.Containers;
using Microsoft.Extensions.Logging.Abstractions;

namespace Onetun.Interop;

/// <summary>
/// wireguard-go in a container, with the Linux kernel's TCP and the servers of peer/entrypoint.sh behind it. Shared by
/// the tests of a collection.
/// </summary>
public abstract class WireGuardPeer : IAsyncLifetime
{
    public const int HttpPort = 80;
    public const int EchoPort = 7;
    public const int DigestPort = 9;
    public const int AfterEndPort = 10;
    public const int NamePort = 17;
    public const int ZeroesPort = 19;
    public const int DnsPort = 53;
    public const int Iperf3Port = 5201;

    public static readonly IPAddress Address = IPAddress.Parse("10.99.0.1");
    public static readonly IPAddress OtherAddress = IPAddress.Parse("10.99.0.3");
    public static readonly IPAddress AddressV6 = IPAddress.Parse("fd99::1");

    /// <summary>Stands for <see cref="Address"/>, for those who ask the peer's DNS server.</summary>
    public const string Name = "web.onetun.test";

    private const string Client = "peer \"$(cat /keys/client.pub)\"";
    private const string Image = "onetun-interop-peer:latest";

    private readonly Dictionary<string, string> _environment;
    private IContainer? _container;
    private string? _absence;

    protected WireGuardPeer(params (string Name, string Value)[] environment) =>
        _environment = environment.ToDictionary(variable => variable.Name, variable => variable.Value);

    /// <summary>The UDP port on loopback behind which the peer listens; it outlives the container's death.</summary>
    public IPEndPoint EndPoint { get; } = new(IPAddress.Loopback, FreePort.Udp());

    /// <summary>The same for other containers.</summary>
    public IPEndPoint ContainerEndPoint => new(IPAddress.Parse(Container.IpAddress), 51820);

    /// <summary>The directory with the client's side of the keys.</summary>
    public DirectoryInfo Keys { get; } = Directory.CreateTempSubdirectory("onetun-interop-");

    public string PublicKey { get; private set; } = "";

    public string PresharedKey { get; private set; } = "";

    public string PrivateKeyFile => Path.Combine(Keys.FullName, "client.key");

    private IContainer Container => _container ?? throw new InvalidOperationException("The peer does not run.");

    public async ValueTask InitializeAsync()
    {
        _absence = await DockerEngine.WhyAbsentAsync();
        if (_absence is not null)
        {
            return;
        }

        await BuildImageAsync();
        _container = new ContainerBuilder(Image)
            .WithEnvironment(_environment)
            .WithLabel("onetun-interop", "peer")
            .WithLogger(NullLogger.Instance)
            .WithCreateParameterModifier(Configure)
            .WithWaitStrategy(Wait.ForUnixContainer().UntilMessageIsLogged("The peer is ready", Limit))
            .Build();
        await _container.StartAsync();
        await ReadKeysAsync(_container);
    }

    public async ValueTask DisposeAsync()
    {
        if (_container is not null)
        {
            await _container.DisposeAsync();
        }

        Keys.Delete(recursive: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Skips the running test, with the reason, where there is no engine.</summary>
    public void SkipWhereAbsent() => Assert.SkipWhen(_absence is not null, _absence ?? "");

    /// <summary>Runs a command in the container and gives what it printed.</summary>
    public async Task<string> RunAsync(string command)
    {
        var result = await Container.ExecAsync(["bash", "-c", command], TestContext.Current.CancellationToken);
        Assert.True(result.ExitCode == 0, $"{command}: exit {result.ExitCode}\n{result.Stdout}{result.Stderr}");
        return result.Stdout;
    }

    /// <summary>Who is connected to a port, or has not quite gone.</summary>
    public async Task<IEnumerable<string>> ReadClientsAsync(int port) =>
        (await RunAsync($"ss --no-header --tcp --numeric 'sport = :{port}' | awk '{{ print $5 }}'")).Split('\n');

    /// <summary>When the last handshake was, in seconds since 1970; 0 before the first.</summary>
    public async Task<long> ReadLatestHandshakeAsync() =>
        long.Parse((await RunAsync("wg show wg0 latest-handshakes")).Split('\t')[1], CultureInfo.InvariantCulture);

    /// <summary>Knows nothing of earlier sessions any more, so that whatever comes next is a handshake.</summary>
    public async Task ForgetUsAsync(string options = "") => await RunAsync(
        $"wg set wg0 {Client} remove && wg set wg0 {Client} allowed-ips 10.99.0.2/32,fd99::2/128 {options}");

    /// <summary>Begins a handshake with a port of this machine.</summary>
    public Task SpeakFirstAsync(int port) =>
        ForgetUsAsync($"persistent-keepalive 1 endpoint $(ip route show default | cut -d' ' -f3):{port}");

    /// <summary>Ends what <see cref="SpeakFirstAsync"/> began.</summary>
    public async Task FallSilentAsync() => await RunAsync($"wg set wg0 {Client} persistent-keepalive 0");

    /// <summary>Lets another client in by that address, and gives its private key.</summary>
    public async Task<string> AdmitAsync(IPAddress address) => (await RunAsync(
        $"key=$(wg genkey) && wg set wg0 peer $(wg pubkey <<<$key) allowed-ips {address}/32 && echo $key")).Trim();

    /// <summary>Undoes <see cref="AdmitAsync"/>.</summary>
    public async Task ExpelAsync(IPAddress address) => await RunAsync(
        $"wg show wg0 allowed-ips | awk '$2 == \"{address}/32\" {{ print $1 }}' | xargs --replace wg set wg0 peer {{}} remove");

    /// <summary>Can be reached by that name in another network of Docker's.</summary>
    public async Task JoinAsync(string network, string name)
    {
        var (exitCode, output) = await DockerEngine.RunAsync("network", "connect", "--alias", name, network, Container.Id);
        Assert.True(exitCode == 0, output);
    }

    /// <summary>Undoes <see cref="JoinAsync"/>.</summary>
    public async Task LeaveAsync(string network) =>
        await DockerEngine.RunAsync("network", "disconnect", "--force", network, Container.Id);

    /// <summary>Ends the container as a power cut would.</summary>
    public async Task KillAsync()
    {
        var (exitCode, output) = await DockerEngine.RunAsync("kill", Container.Id);
        Assert.True(exitCode == 0, output);
    }

    /// <summary>Starts the killed container again: same keys, same port, nothing else remembered.</summary>
    public Task StartAgainAsync() => Container.StartAsync(TestContext.Current.CancellationToken);

    /// <summary>What the container said, or the end of it: a flood leaves tens of thousands of lines.</summary>
    public async Task<string> ReadLogsAsync(DateTime since)
    {
        var (output, error) = await Container.GetLogsAsync(since, timestampsEnabled: false);
        return string.Join('\n', (output + error).Split('\n').TakeLast(200));
    }

    // engine.sh has built it already in a run of test.sh; elsewhere the engine must reach a registry
    private static Task BuildImageAsync() =>
        new ImageFromDockerfileBuilder()
            .WithName(Image)
            .WithDockerfileDirectory(Path.Combine(Checkout.Root, "tests", "interop", "peer"))
            .WithDeleteIfExists(false)
            .WithImageBuildPolicy(existing => existing is null)
            .WithCleanUp(false)
            .Build()
            .CreateAsync();

    private void Configure(CreateContainerParameters parameters)
    {
        var host = parameters.HostConfig ??= new HostConfig();
        host.CapAdd = ["NET_ADMIN"];
        host.Devices = [new() { PathOnHost = "/dev/net/tun", PathInContainer = "/dev/net/tun", CgroupPermissions = "rwm" }];
        host.Sysctls = new Dictionary<string, string>
        {
            ["net.ipv6.conf.all.disable_ipv6"] = "0",
            ["net.ipv4.ip_forward"] = "1", // from one client to another
        };
        host.PortBindings = new Dictionary<string, IList<PortBinding>>
        {
            ["51820/udp"] =
            [
                new()
                {
                    HostIP = EndPoint.Address.ToString(),
                    HostPort = EndPoint.Port.ToString(CultureInfo.InvariantCulture),
                },
            ],
        };
    }

    private static void Limit(IWaitStrategy strategy) => strategy.WithTimeout(TimeSpan.FromMinutes(2));

    private async Task ReadKeysAsync(IContainer container)
    {
        PublicKey = Encoding.ASCII.GetString(await container.ReadFileAsync("/keys/peer.pub")).Trim();
        PresharedKey = Encoding.ASCII.GetString(await container.ReadFileAsync("/keys/psk")).Trim();
        await File.WriteAllBytesAsync(PrivateKeyFile, await container.ReadFileAsync("/keys/client.key"));
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(PrivateKeyFile, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }
    }
}
