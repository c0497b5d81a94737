using System.Globalization;
using System.IO.Compression;
using System.Net;
using System.Runtime.InteropServices;

namespace Onetun.Interop;

/// <summary>Each form that onetun is had in, installed as its users do, carries the same page.</summary>
[Collection(nameof(PlainPeer))]
public sealed class InstalledTests(PlainPeer peer, ITestOutputHelper output) : InteropTest(peer, output)
{
    private const string Secret = "/run/secrets/private-key";

    private static readonly bool IsArm = RuntimeInformation.OSArchitecture == Architecture.Arm64;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly ITestOutputHelper _output = output;

    // In a container a port of loopback could not be published.
    private string[] Arguments =>
    [
        $"0.0.0.0:8080:{WireGuardPeer.Address}:{WireGuardPeer.HttpPort}",
        "--endpoint-addr", Peer.ContainerEndPoint.ToString(),
        "--endpoint-public-key", Peer.PublicKey,
        "--source-peer-ip", "10.99.0.2",
    ];

    [Fact]
    public async Task The_program_of_the_archive_runs_where_it_is_unpacked()
    {
        var archive = Artefacts.Find($"onetun-*-linux-{(IsArm ? "arm64" : "x64")}.tar.gz");
        var directory = Directory.CreateTempSubdirectory("onetun-archive-");
        await SucceedAsync("tar", "--extract", "--file", archive, "--directory", directory.FullName, "--strip-components", "1");
        await PassAsync(Path.Combine(directory.FullName, "onetun"));
        directory.Delete(recursive: true);
    }

    [Fact]
    public async Task The_one_file_for_Windows_runs_in_Wine()
    {
        var archive = Artefacts.Find("onetun-*-win-x64.zip");
        Tool.SkipUnlessInstalled("wine");
        var directory = Directory.CreateTempSubdirectory("onetun-wine-");
        await ZipFile.ExtractToDirectoryAsync(archive, directory.FullName, Cancellation);
        var program = Assert.Single(directory.GetFiles("onetun.exe", SearchOption.AllDirectories));
        // A Windows of its own, which takes seconds to make
        string[] windows = [$"WINEPREFIX={directory.CreateSubdirectory("windows").FullName}", "WINEDEBUG=-all"];
        await SucceedAsync("env", [.. windows, "wine", "wineboot", "--init"]);

        var onetun = await PassAsync("env", [.. windows, "wine", program.FullName]);

        // Wine makes Ctrl-C of SIGINT, and nothing of SIGTERM
        Assert.Equal(0, await onetun.StopAsync("INT"));
        await SucceedAsync("env", [.. windows, "wineserver", "--wait"]);
        directory.Delete(recursive: true);
    }

    [Fact]
    public async Task The_tool_of_dotnet_is_installed_from_its_packages()
    {
        var packages = Artefacts.DirectoryWith("onetun.0*.nupkg");
        var directory = Directory.CreateTempSubdirectory("onetun-tool-");
        await SucceedAsync("dotnet", "tool", "install", "onetun", "--tool-path", directory.FullName, "--source", packages, "--no-http-cache");
        await PassAsync(Path.Combine(directory.FullName, "onetun"));
        directory.Delete(recursive: true);
    }

    [Fact]
    public async Task The_package_of_Debian_is_installed_where_there_is_nothing_else()
    {
        var package = Artefacts.Find($"onetun_*_{(IsArm ? "arm64" : "amd64")}.deb");
        // A name is found without libssl too
        string[] byName = [$"8081:{WireGuardPeer.Name}:{WireGuardPeer.HttpPort}", "--dns", WireGuardPeer.Address.ToString()];
        const string ask = "(until exec 3<>/dev/tcp/127.0.0.1/8081; do sleep 0.1; done; printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3; cat <&3) 2>/dev/null &";
        await using var container = await PublishedContainer.RunAsync(
            [.. WithKey, "--volume", $"{package}:/onetun.deb:ro"],
            ["debian:bookworm-slim", "bash", "-c", $"dpkg --install /onetun.deb || exit 1; {ask} exec onetun {string.Join(' ', [.. Arguments, .. byName])}"]);
        await PassAsync(container, async () => await Eventually.TrueAsync(
            async () => (await container.ReadLogAsync()).Contains("Hello", StringComparison.Ordinal), Limit, "the name is found"));
    }

    [Fact]
    public async Task The_image_runs_as_a_user_that_may_do_nothing_and_write_nowhere()
    {
        var (exitCode, size) = await DockerEngine.RunAsync("image", "inspect", "--format", "{{.Size}}", ReplicaSet.Image);
        Assert.SkipUnless(exitCode == 0, "There is no image 'onetun' here: tests/interop/engine.sh image");
        Assert.InRange(int.Parse(size, CultureInfo.InvariantCulture), 1, 40_000_000);

        await using var container = await PublishedContainer.RunAsync(
            [.. WithKey, "--user", "1000", "--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"],
            [ReplicaSet.Image, .. Arguments]);
        await PassAsync(container, async () => await Eventually.TrueAsync(
            async () => await container.InspectAsync("{{.State.Health.Status}}") == "healthy", Limit * 2, "the container is healthy"));
    }

    // A copy that everybody may read: the one of the peer is its owner's alone.
    private string[] WithKey
    {
        get
        {
            var copy = $"{Peer.PrivateKeyFile}.shared";
            File.Copy(Peer.PrivateKeyFile, copy, overwrite: true);
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(copy, UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
            }

            return ["--volume", $"{copy}:{Secret}:ro", "--env", $"ONETUN_PRIVATE_KEY_FILE={Secret}"];
        }
    }

    private static async Task SucceedAsync(string program, params string[] arguments)
    {
        var (exitCode, output, error) = await Tool.RunAsync(program, arguments);
        Assert.True(exitCode == 0, output + error);
    }

    // By address and by name: what was trimmed away of the packages for packets and for DNS would be missed.
    private async Task<OnetunProcess> PassAsync(string program, params string[] before)
    {
        var (byAddress, byName) = (Forward.ToPeer(WireGuardPeer.HttpPort), Forward.ToPeer(WireGuardPeer.HttpPort));
        var onetun = await StartAsync(
            program,
            [
                .. before,
                byAddress.ToString(),
                $"{byName.Local}:{WireGuardPeer.Name}:{WireGuardPeer.HttpPort}",
                "--dns", WireGuardPeer.Address.ToString(),
                .. WayToPeer("10.99.0.2"),
            ],
            announcements: 2);
        Assert.StartsWith("Hello", await Traffic.GetPageAsync(byAddress, Limit), StringComparison.Ordinal);
        Assert.StartsWith("Hello", await Traffic.GetPageAsync(byName, Limit), StringComparison.Ordinal);
        return onetun;
    }

    private async Task PassAsync(PublishedContainer container, Func<Task>? alsoAsync = null)
    {
        try
        {
            await Eventually.TrueAsync(
                async () => (await container.ReadLogAsync()).Contains("Tunneling ", StringComparison.Ordinal), Limit, "it tunnels");
            var forward = new Forward(container.Local, new IPEndPoint(WireGuardPeer.Address, WireGuardPeer.HttpPort));
            Assert.StartsWith("Hello", await Traffic.GetPageAsync(forward, Limit), StringComparison.Ordinal);
            await (alsoAsync?.Invoke() ?? Task.CompletedTask);
            Assert.Equal(0, await container.StopAsync());
        }
        finally
        {
            _output.WriteLine($"The container:\n{await container.ReadLogAsync()}");
        }
    }
}
