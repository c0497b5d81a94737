using System.Net;
using System.Net.Sockets;
using Onetun.WireGuard;
using PacketDotNet;

namespace Onetun.Interop;

/// <summary>A peer who is let in, and does what no honest one does. It is a part of the test: no Docker.</summary>
public sealed class HostilePeerTests : IDisposable
{
    private const string Ours = "10.99.0.2";
    private const string Theirs = "10.99.0.9";

    /// <summary>Of the peer beside the hostile one.</summary>
    private const string Victims = "10.99.0.3";

    private const ushort Port = 8080;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private readonly ITestOutputHelper _output;
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("onetun-hostile-");
    private readonly PrivateKey _key = PrivateKey.Generate();
    private readonly PrivateKey _onetunKey = PrivateKey.Generate();
    private readonly int _port = FreePort.Udp();

    public HostilePeerTests(ITestOutputHelper output)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "trains of datagrams in one batch need Linux");
        _output = output;
        using var victimsKey = PrivateKey.Generate();
        File.WriteAllText(Configuration, $"""
            [Interface]
            PrivateKey = {_onetunKey.ToBase64()}
            ListenPort = {_port}
            Address = {Ours}/32, fd99::2/128

            [Peer]
            PublicKey = {_key.PublicKey}
            AllowedIPs = {Theirs}/32, ::/0

            [Peer]
            PublicKey = {victimsKey.PublicKey}
            AllowedIPs = {Victims}/32

            """);
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Configuration => Path.Combine(_directory.FullName, "wg0.conf");

    private string Capture => Path.Combine(_directory.FullName, "wg.pcap");

    public void Dispose()
    {
        _key.Dispose();
        _onetunKey.Dispose();
        _directory.Delete(recursive: true);
    }

    /// <summary>
    /// The number of our SYN-ACK grows by one every 4 µs, and an honest connection tells where it is: 63 guesses behind the
    /// SYN cover 250 µs, and one train in a few hits.
    /// </summary>
    [Fact]
    public async Task Syns_with_the_guessed_ack_of_the_answer_in_their_batch_end_nothing()
    {
        using var service = new TcpListener(IPAddress.Loopback, 0);
        service.Start();
        using var onetun = await StartAsync("TCP", ((IPEndPoint)service.LocalEndpoint).Port);
        using var peer = new HostilePeer(_key, _onetunKey.PublicKey, _port);
        for (var i = 0; i < 300; i++)
        {
            var source = (ushort)(1024 + i);
            peer.Send(Segment(source, 100, 0, synchronize: true));
            var answer = peer.Receive(packet => IsTo(packet, source));
            Assert.True(answer is not null, "onetun answers no SYN any more");
            var first = TcpOf(answer).SequenceNumber;
            peer.Send(Segment(source, 101, first + 1, reset: true));

            // How long our reset and the train take is what has to be guessed as well
            var guess = first + 30 + (uint)(i % 30 * 63);
            peer.SendTrain(
            [
                Segment(source, 200, 0, synchronize: true),
                .. Enumerable.Range(0, 63).Select(n => Segment(source, 201, guess + (uint)n, synchronize: false)),
            ]);
        }

        peer.Send(Segment(900, 100, 0, synchronize: true));
        Assert.NotNull(peer.Receive(packet => IsTo(packet, 900) && TcpOf(packet).Acknowledgment));
        Assert.Equal(0, await onetun.StopAsync());
        _output.WriteLine(onetun.Log);
        Assert.DoesNotContain("fault", onetun.Log, StringComparison.OrdinalIgnoreCase);
        Tool.SkipUnlessInstalled("tshark");
        await Tshark.AssertNothingMalformedAsync(Capture, filter: $"ip.src == {Ours}");
    }

    [Theory]
    [InlineData("::ffff:" + Victims, "::ffff:" + Ours)]
    [InlineData("::ffff:" + Victims, "fd99::2")]
    public async Task Datagram_in_the_name_of_another_peers_ipv4_address_reaches_nobody(string source, string destination)
    {
        using var service = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        using var onetun = await StartAsync("UDP", ((IPEndPoint)service.Client.LocalEndPoint!).Port);
        using var peer = new HostilePeer(_key, _onetunKey.PublicKey, _port);

        peer.Send(Datagram(source, destination, "spoofed"u8));
        peer.Send(Datagram("fd99::9", "fd99::2", "honest"u8));

        var first = await service.ReceiveAsync(Cancellation).AsTask().WaitAsync(Limit, Cancellation);
        Assert.Equal("honest"u8, first.Buffer);
        Assert.Equal(0, await onetun.StopAsync());
        Tool.SkipUnlessInstalled("tshark");
        await Tshark.AssertNothingMalformedAsync(Capture, filter: $"ip.src == {Ours} || ipv6.src == fd99::2");
    }

    private async Task<OnetunProcess> StartAsync(string protocol, int service)
    {
        // Of both addresses
        var onetun = OnetunProcess.Start(
            ["--config", Configuration, "--remote", $"*:{Port}:127.0.0.1:{service}:{protocol}", "--pcap", Capture], forwards: 2);
        await onetun.WaitUntilTunnelingAsync();
        return onetun;
    }

    private static byte[] Segment(ushort source, uint sequence, uint acknowledgment, bool synchronize = false, bool reset = false)
    {
        var tcp = new TcpPacket(source, Port)
        {
            SequenceNumber = sequence,
            AcknowledgmentNumber = acknowledgment,
            Synchronize = synchronize,
            Acknowledgment = !synchronize,
            Reset = reset,
            WindowSize = 9000,
        };
        var ip = new IPv4Packet(IPAddress.Parse(Theirs), IPAddress.Parse(Ours)) { PayloadPacket = tcp };
        tcp.UpdateTcpChecksum();
        ip.UpdateCalculatedValues();
        ip.UpdateIPChecksum();
        return ip.Bytes;
    }

    private static byte[] Datagram(string source, string destination, ReadOnlySpan<byte> payload)
    {
        var udp = new UdpPacket(4000, Port) { PayloadData = payload.ToArray() };
        var ip = new IPv6Packet(IPAddress.Parse(source), IPAddress.Parse(destination)) { PayloadPacket = udp };
        udp.UpdateCalculatedValues();
        udp.UpdateUdpChecksum();
        ip.UpdateCalculatedValues();
        return ip.Bytes;
    }

    private static bool IsTo(byte[] packet, ushort port) =>
        packet[0] >> 4 == 4 && TcpOf(packet) is { Synchronize: true } tcp && tcp.DestinationPort == port;

    private static TcpPacket TcpOf(byte[] packet) =>
        Packet.ParsePacket(LinkLayers.RawLegacy, packet).Extract<TcpPacket>();
}
