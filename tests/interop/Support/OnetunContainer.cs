using System.Globalization;
using System.Net;

namespace Onetun.Interop;

/// <summary>Onetun in a container of its own, with a forward whose local port, 8080, is published on loopback.</summary>
internal sealed class OnetunContainer : IAsyncDisposable
{
    private readonly string _id;

    private OnetunContainer(string id, IPEndPoint local) => (_id, Local) = (id, local);

    /// <summary>Where the forward can be reached.</summary>
    public IPEndPoint Local { get; }

    /// <summary>Runs an image.</summary>
    /// <param name="options">Of <c>docker run</c>.</param>
    /// <param name="image">And what follows it.</param>
    public static async Task<OnetunContainer> RunAsync(string[] options, string[] image)
    {
        var local = new IPEndPoint(IPAddress.Loopback, FreePort.Tcp());
        var (exitCode, output) = await DockerEngine.RunAsync(
            ["run", "--detach", "--label", "onetun-interop=peer", "--publish", $"{local}:8080", .. options, .. image]);
        Assert.True(exitCode == 0, output);
        return new OnetunContainer(output.Trim().Split('\n')[^1], local);
    }

    /// <summary>Something of it, by a template of <c>docker inspect</c>.</summary>
    public async Task<string> InspectAsync(string template)
    {
        var (exitCode, output) = await DockerEngine.RunAsync("inspect", "--format", template, _id);
        Assert.True(exitCode == 0, output);
        return output.Trim();
    }

    /// <summary>What it has logged so far.</summary>
    public async Task<string> ReadLogAsync()
    {
        var (_, output, error) = await Tool.RunAsync("docker", "logs", _id);
        return output + error;
    }

    /// <summary>Sends SIGTERM; fails if it has to be killed after 10 s, which gives 137.</summary>
    public async Task<int> StopAsync()
    {
        var (exitCode, output) = await DockerEngine.RunAsync("stop", "--time", "10", _id);
        Assert.True(exitCode == 0, output);
        return int.Parse(await InspectAsync("{{.State.ExitCode}}"), CultureInfo.InvariantCulture);
    }

    public async ValueTask DisposeAsync() => await DockerEngine.RunAsync("rm", "--force", _id);
}
