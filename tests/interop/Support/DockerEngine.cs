namespace Onetun.Interop;

/// <summary>The Docker engine at hand, if one runs.</summary>
internal static class DockerEngine
{
    private static readonly Task<string?> Absence = FindAbsenceAsync();

    /// <summary>Why no container can be started here, or null.</summary>
    public static Task<string?> WhyAbsentAsync() => Absence;

    private static async Task<string?> FindAbsenceAsync()
    {
        var (exitCode, output) = await RunAsync("version", "--format", "{{.Server.APIVersion}}");
        if (exitCode != 0)
        {
            return $"No Docker engine can be reached: {output.Trim()}";
        }

        // Testcontainers speaks its own newest version of the engine's interface unless told otherwise
        Environment.SetEnvironmentVariable("DOCKER_API_VERSION", output.Trim());
        // And its reaper is an image from a registry; containers left by a killed run are found by their label
        Environment.SetEnvironmentVariable("TESTCONTAINERS_RYUK_DISABLED", "true");
        Environment.SetEnvironmentVariable("TESTCONTAINERS_HOST_OVERRIDE", "127.0.0.1");
        return null;
    }

    /// <summary>Runs the docker command line: for what Testcontainers has no word for.</summary>
    public static async Task<(int ExitCode, string Output)> RunAsync(params string[] arguments)
    {
        var (exitCode, output, error) = await Tool.RunAsync("docker", arguments);
        return (exitCode, exitCode == 0 ? output : output + error);
    }
}
