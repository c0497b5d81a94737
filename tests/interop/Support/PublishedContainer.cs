using System.Globalization;
using System.Net;

namespace Onetun.Interop;

/// <summary>A container, of onetun or of what stands before it, whose port 8080 is published on loopback.</summary>
internal sealed class PublishedContainer : IAsyncDisposable
{
    private readonly string _id;

    private PublishedContainer(string id, IPEndPoint local) => (_id, Local) = (id, local);

    /// <summary>Where that port can be reached.</summary>
    public IPEndPoint Local { get; }

    /// <summary>Runs an image.</summary>
    /// <param name="options">Of <c>docker run</c>.</param>
    /// <param name="image">And what follows it.</param>
    public static async Task<PublishedContainer> RunAsync(string[] options, string[] image)
    {
        var local = new IPEndPoint(IPAddress.Loopback, FreePort.Tcp());
        var (exitCode, output) = await DockerEngine.RunAsync(
            ["run", "--detach", "--label", "onetun-interop=peer", "--publish", $"{local}:8080", .. options, .. image]);
        Assert.True(exitCode == 0, output);
        return new PublishedContainer(output.Trim().Split('\n')[^1], local);
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

    /// <summary>Sends SIGKILL.</summary>
    public async Task KillAsync()
    {
        var (exitCode, output) = await DockerEngine.RunAsync("kill", _id);
        Assert.True(exitCode == 0, output);
    }

    /// <summary>Sends SIGTERM; gives 137 if it has to be killed after so many seconds.</summary>
    public async Task<int> StopAsync(int seconds = 10)
    {
        var (exitCode, output) = await DockerEngine.RunAsync("stop", "--time", $"{seconds}", _id);
        Assert.True(exitCode == 0, output);
        return int.Parse(await InspectAsync("{{.State.ExitCode}}"), CultureInfo.InvariantCulture);
    }

    public async ValueTask DisposeAsync() => await DockerEngine.RunAsync("rm", "--force", _id);
}
