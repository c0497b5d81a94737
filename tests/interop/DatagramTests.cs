using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Onetun.Interop;

[Collection(nameof(PlainPeer))]
public sealed class DatagramTests(PlainPeer peer, ITestOutputHelper output) : InteropTest(peer, output)
{
    private static readonly string[] Udp = ["UDP"];

    [Theory]
    [InlineData(1)]
    [InlineData(1392)]
    [InlineData(8000)]
    public async Task A_datagram_comes_back_through_a_UDP_forward(int length)
    {
        var forward = Forward.ToPeer(WireGuardPeer.EchoPort) with { Protocols = Udp };
        await StartAsync(forward);

        var datagram = new byte[length];
        new Random(length).NextBytes(datagram);
        Assert.Equal(datagram, await AskAsync(forward, datagram));
    }

    [Fact]
    public async Task A_datagram_from_IPv4_outside_reaches_IPv6_inside()
    {
        var forward = Forward.ToPeer(WireGuardPeer.EchoPort, WireGuardPeer.AddressV6) with { Protocols = Udp };
        await StartAsync(forward);

        Assert.Equal([4, 6], await AskAsync(forward, [4, 6]));
    }

    [Fact]
    public async Task A_datagram_from_IPv6_outside_reaches_IPv4_inside()
    {
        var forward = Forward.ToPeer(WireGuardPeer.EchoPort) with { Protocols = Udp };
        forward = forward with { Local = new IPEndPoint(IPAddress.IPv6Loopback, forward.Local.Port) };
        await StartAsync(forward);

        Assert.Equal([6, 4], await AskAsync(forward, [6, 4]));
    }

    [Fact]
    public async Task TCP_and_UDP_share_a_port()
    {
        var forward = Forward.ToPeer(WireGuardPeer.EchoPort) with { Protocols = ["TCP", "UDP"] };
        await StartAsync(forward);

        await Traffic.EchoAsync(forward, seed: 6, count: 10_000);
        Assert.Equal([1, 2, 3], await AskAsync(forward, [1, 2, 3]));
    }

    [Fact]
    public async Task Two_UDP_forwards_to_the_same_port_of_two_hosts_never_cross()
    {
        var one = Forward.ToPeer(WireGuardPeer.NamePort) with { Protocols = Udp };
        var other = Forward.ToPeer(WireGuardPeer.NamePort, WireGuardPeer.OtherAddress) with { Protocols = Udp };
        await StartAsync(one, other);

        // the same client, turn about: what is answered to it through one must not come from the other
        using var client = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        for (var turn = 0; turn < 20; turn++)
        {
            var forward = turn % 2 == 0 ? one : other;
            await client.SendAsync("who?"u8.ToArray(), forward.Local, Cancellation);
            var answer = await client.ReceiveAsync(Cancellation).AsTask().WaitAsync(TimeSpan.FromSeconds(10), Cancellation);
            Assert.Equal(forward.Local, answer.RemoteEndPoint);
            Assert.Equal($"{forward.Remote.Address}\n", Encoding.ASCII.GetString(answer.Buffer));
        }
    }

    // A datagram may be lost, so the question is asked again
    private static async Task<byte[]> AskAsync(Forward forward, byte[] datagram)
    {
        using var client = new UdpClient(forward.Local.AddressFamily);
        client.Connect(forward.Local);
        var answer = client.ReceiveAsync(Cancellation).AsTask();
        for (var attempt = 1; ; attempt++)
        {
            await client.SendAsync(datagram, Cancellation);
            try
            {
                return (await answer.WaitAsync(TimeSpan.FromSeconds(1), Cancellation)).Buffer;
            }
            catch (TimeoutException) when (attempt < 10)
            {
                // Lost, or late.
            }
        }
    }
}
