namespace Onetun.Interop;

/// <summary>The embedded peer: no Docker, no root, no network.</summary>
public sealed class DemoTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Demo_once_prints_the_page_and_exits_0()
    {
        using var onetun = OnetunProcess.Start(["demo", "--once"]);

        var exitCode = await onetun.WaitForExitAsync(TimeSpan.FromSeconds(30));

        output.WriteLine(onetun.Log);
        Assert.Equal(0, exitCode);
        Assert.Contains("<html", await onetun.Output, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Demo_ends_on_a_signal()
    {
        using var onetun = OnetunProcess.Start(["demo"], forwards: 1);
        await onetun.WaitUntilTunnelingAsync();

        var exitCode = await onetun.StopAsync();

        output.WriteLine(onetun.Log);
        Assert.Equal(0, exitCode);
    }
}
