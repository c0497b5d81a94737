using System.Net;
using System.Net.Sockets;

namespace Onetun.Interop;

[Collection(nameof(PlainPeer))]
public sealed class RemoteForwardTests(PlainPeer peer, ITestOutputHelper output) : InteropTest(peer, output)
{
    [Fact]
    public async Task The_peer_reaches_a_local_TCP_service_through_a_remote_forward()
    {
        using var service = new TcpListener(IPAddress.Loopback, 0);
        service.Start();
        await StartWithSessionAsync("TCP", ((IPEndPoint)service.LocalEndpoint).Port);

        var serving = ServeAsync(service);
        Assert.Equal("5000000\n", await Peer.RunAsync("head -c 5000000 /srv/www/100mb | socat -t 30 - TCP4:10.99.0.2:8080"));
        await serving.WaitAsync(TimeSpan.FromSeconds(5), Cancellation);
    }

    [Fact]
    public async Task The_peer_reaches_a_local_UDP_service_through_a_remote_forward()
    {
        using var service = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        await StartWithSessionAsync("UDP", ((IPEndPoint)service.Client.LocalEndPoint!).Port);

        var serving = ServeAsync(service);
        const string Ask = "exec 3<>/dev/udp/10.99.0.2/8080 && echo a question >&3 && timeout 10 head --bytes 9 <&3";
        Assert.Equal("an answer", await Peer.RunAsync(Ask));
        await serving.WaitAsync(TimeSpan.FromSeconds(5), Cancellation);
    }

    // the peer cannot speak to us before it has heard from us, as its configuration has no endpoint for us
    private Task<OnetunProcess> StartWithSessionAsync(string protocol, int port) =>
        StartAsync([], ["--remote", $"8080:127.0.0.1:{port}:{protocol}", "--keep-alive", "1"]);

    private static async Task ServeAsync(TcpListener service)
    {
        using var client = await service.AcceptSocketAsync(Cancellation);
        await using var stream = new NetworkStream(client);
        var (count, _) = await stream.ReceiveAsync();
        await using var writer = new StreamWriter(stream);
        await writer.WriteAsync($"{count}\n");
    }

    private static async Task ServeAsync(UdpClient service)
    {
        var question = await service.ReceiveAsync(Cancellation);
        await service.SendAsync("an answer"u8.ToArray(), question.RemoteEndPoint, Cancellation);
    }
}
