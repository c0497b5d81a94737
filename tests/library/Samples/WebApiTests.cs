using Onetun.Interop;

namespace Onetun.Samples.Tests;

/// <summary>The web API without a configuration: on loopback, with a file for whoever tries it.</summary>
public sealed class WebApiTests
{
    [Fact]
    public async Task It_greets_who_comes_by_the_command_that_it_prints_and_leaves_nothing_behind()
    {
        await using var api = Sample.Start("WebApi");
        var command = (await api.WaitForAsync("samples/Fetch")).Split(' ');
        var (file, page) = (command[^2], command[^1]);

        await using var fetch = Sample.Start("Fetch", file, page);
        Assert.Equal(["Hello visitor"], await fetch.EndAsync());
        await using var health = Sample.Start("Fetch", file, $"{page}health");
        Assert.Equal(["Healthy"], await health.EndAsync());
        await api.StopAsync();
        Assert.False(Directory.Exists(Path.GetDirectoryName(file)));
    }
}
