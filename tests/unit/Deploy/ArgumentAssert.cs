using Onetun.Forwarder.Tests;

namespace Onetun.Deploy.Tests;

internal static class ArgumentAssert
{
    private const string Option = "--config=";

    /// <summary>Onetun starts with them, and with a file of one peer where they say that it is.</summary>
    public static async Task TakenAsync(IEnumerable<string> arguments)
    {
        string[] line = [.. arguments.Select(argument => argument.Replace("$(POD_NAME)", "onetun-0", StringComparison.Ordinal))];
        var machine = new TestMachine();
        machine.Files[line.Single(argument => argument.StartsWith(Option, StringComparison.Ordinal))[Option.Length..]] = $"""
            [Interface]
            PrivateKey = {TestMachine.PrivateKey}
            Address = 192.168.4.100
            [Peer]
            PublicKey = {TestMachine.EndpointKey}
            Endpoint = 140.30.3.182:51820
            AllowedIPs = 192.168.4.0/24
            """;
        using var configuration = await machine.ReadValidAsync(line);
        // That others reach it is what it is for, and something in front says who may.
        Assert.All(configuration.Warnings, warning => Assert.Contains(" 0.0.0.0:", warning));
        Assert.Single(configuration.Forwards);
    }
}
