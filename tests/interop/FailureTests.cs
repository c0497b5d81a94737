using System.Net.Sockets;

namespace Onetun.Interop;

[Collection(nameof(PlainPeer))]
public sealed class FailureTests(PlainPeer peer, ITestOutputHelper output) : InteropTest(peer, output)
{
    [Fact]
    public async Task A_connection_to_a_closed_port_is_refused_to_the_client()
    {
        var forward = Forward.ToPeer(port: 81);
        await StartAsync(forward);

        await using var stream = await Traffic.ConnectAsync(forward);
        var end = ReadEndAsync(stream).WaitAsync(TimeSpan.FromSeconds(5), Cancellation);

        // RST where the system lets us send one, else the end of the stream
        Assert.Contains(await end, new[] { SocketError.ConnectionReset, SocketError.Success });
    }

    [Fact]
    public async Task New_connections_work_within_20_s_after_the_peer_was_killed_and_started_again()
    {
        var forward = Forward.ToPeer(WireGuardPeer.HttpPort);
        var others = await Peer.ReadClientsAsync(WireGuardPeer.HttpPort);
        await StartAsync(forward);
        await Traffic.GetPageAsync(forward, TimeSpan.FromSeconds(10));

        // A packet that met nobody would be remembered: Linux would send all that follow it from the same port astray.
        await Eventually.TrueAsync(
            async () => !(await Peer.ReadClientsAsync(WireGuardPeer.HttpPort)).Except(others).Any(),
            TimeSpan.FromSeconds(10),
            "the connection has ended on both sides");
        await Peer.KillAsync();
        await Peer.StartAgainAsync();

        await Eventually.TrueAsync(
            async () => await Traffic.TryGetPageAsync(forward, TimeSpan.FromSeconds(3)) is not null,
            TimeSpan.FromSeconds(20),
            "the page comes again");
    }

    private static async Task<SocketError> ReadEndAsync(NetworkStream stream)
    {
        try
        {
            var count = await stream.ReadAsync(new byte[1], Cancellation);
            Assert.Equal(0, count);
            return SocketError.Success;
        }
        catch (IOException exception) when (exception.InnerException is SocketException socket)
        {
            return socket.SocketErrorCode;
        }
    }
}
