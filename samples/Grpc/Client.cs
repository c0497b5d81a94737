using Grpc.Core;
using Grpc.Net.Client;
using Onetun.Extensions.Http;
using Onetun.Tunnel;

namespace Greetings;

/// <summary>Calls a server in the network.</summary>
internal static class Client
{
    public static async Task RunAsync(string path, string host, string name)
    {
        using var file = WgQuickConfiguration.Load(path);
        await using var tunnel = await WireGuardTunnel.StartAsync(file.ToOptions());
        await GreetAsync(tunnel, host, name);
    }

    public static async Task GreetAsync(TunnelNetwork network, string host, string name)
    {
        using var channel = GrpcChannel.ForAddress(
            new UriBuilder(Uri.UriSchemeHttp, host, Server.Port).Uri,
            new GrpcChannelOptions { HttpHandler = network.CreateHttpHandler(), DisposeHttpClient = true });
        var greeter = new Greeter.GreeterClient(channel);
        var person = new Person { Name = name };

        var greeting = await greeter.GreetAsync(person);
        Console.WriteLine($"{greeting.Text}, whose call came from the peer {greeting.Peer}");

        using var call = greeter.GreetInLanguages(person);
        await foreach (var next in call.ResponseStream.ReadAllAsync())
        {
            Console.WriteLine(next.Text);
        }
    }
}
