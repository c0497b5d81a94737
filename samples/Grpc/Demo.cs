using Onetun.Testing;

namespace Greetings;

/// <summary>Both ends in this process: two tunnels over loopback.</summary>
internal static class Demo
{
    public static async Task RunAsync()
    {
        await using var pair = await WireGuardPair.StartAsync();
        await using var server = Server.Create(pair.First);
        await server.StartAsync();
        Console.WriteLine($"The client is the peer {pair.Second.PublicKey}");
        await Client.GreetAsync(pair.Second, $"{pair.FirstAddress}", "Ada");
        await server.StopAsync();
    }
}
