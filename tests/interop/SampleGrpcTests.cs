using System.Net;

namespace Onetun.Interop;

[Collection(nameof(PlainPeer))]
public sealed class SampleGrpcTests(PlainPeer peer, ITestOutputHelper output) : InteropTest(peer, output)
{
    private static readonly IPAddress ServersAddress = IPAddress.Parse("10.99.0.4");

    [Fact]
    public async Task Two_clients_of_the_peer_call_one_another_through_it()
    {
        var (servers, ours) = (
            new ConfigurationFile(Peer, "server.conf") { Address = $"{ServersAddress}", PrivateKey = await Peer.AdmitAsync(ServersAddress) },
            new ConfigurationFile(Peer));
        try
        {
            await servers.WriteAsync();
            await ours.WriteAsync();
            await using var server = Sample.Start("Grpc", "serve", servers.Path);
            await server.WaitForAsync($"Greeting who calls http://{ServersAddress}:");
            await using var client = Sample.Start("Grpc", "greet", ours.Path, $"{ServersAddress}", "Ada");

            // The server's peer is the hub, which has our address and whose word that is
            Assert.Equal(
                [
                    $"Hello, Ada at 10.99.0.2, whose call came from the peer {Peer.PublicKey}",
                    "Hello, Ada at 10.99.0.2",
                    "Bonjour, Ada at 10.99.0.2",
                    "Hallo, Ada at 10.99.0.2",
                ],
                await client.EndAsync());
            Assert.Equal(2, (await server.StopAsync()).Length);
        }
        finally
        {
            await Peer.ExpelAsync(ServersAddress);
        }
    }
}
