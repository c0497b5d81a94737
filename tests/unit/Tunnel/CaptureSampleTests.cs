using System.Net;
using Onetun.Capture;
using Onetun.Capture.Tests;
using Onetun.NetStack;
using Onetun.WireGuard;
using PacketDotNet;
using SharpPcap;

namespace Onetun.Tunnel.Tests;

/// <summary>Captures of two tunnels on loopback, in the ways that docs/library.md shows.</summary>
public sealed class CaptureSampleTests : IAsyncDisposable
{
    private static readonly IPAddress Ours = IPAddress.Parse("10.0.0.2");
    private static readonly IPAddress Theirs = IPAddress.Parse("10.0.0.1");

    private readonly PrivateKey _ourKey = PrivateKey.Generate();
    private readonly PrivateKey _theirKey = PrivateKey.Generate();
    private WireGuardTunnel? _here;
    private WireGuardTunnel? _there;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        foreach (var tunnel in new[] { _here, _there }.OfType<WireGuardTunnel>())
        {
            await tunnel.StopAsync(TimeSpan.Zero);
        }

        _ourKey.Dispose();
        _theirKey.Dispose();
    }

    [Fact]
    public async Task The_samples_are_those_of_the_documentation()
    {
        var guide = await ReadAsync("docs", "library.md");
        var samples = (await ReadAsync("tests", "unit", "Tunnel", "CaptureSamples.cs"))
            .Split("    public ", StringSplitOptions.None)[1..]
            .Select(sample => string.Join('\n', sample.TrimEnd('}', '\n', ' ').Split('\n').Select(Outdent)) + "\n}");
        Assert.Equal(2, samples.Count());
        Assert.All(samples, sample => Assert.Contains($"```csharp\n{sample}\n```\n", guide, StringComparison.Ordinal));

        static string Outdent(string line) => line.StartsWith("    ", StringComparison.Ordinal) ? line[4..] : line;
    }

    [Fact]
    public async Task A_capture_to_a_file_has_both_layers_of_what_the_filter_lets_through()
    {
        var tunnel = await StartAsync();
        var folder = Directory.CreateTempSubdirectory("onetun-sample-");
        var path = Path.Combine(folder.FullName, "wg.pcapng");
        await CaptureSamples.CaptureToFileAsync(tunnel, path, async () =>
        {
            await using var other = tunnel.ConnectUdp(new IPEndPoint(Theirs, 53));
            other.Send([1]);
            await ExchangeAsync();
        });

        var packets = PcapngFile.Read(await File.ReadAllBytesAsync(path, Cancellation)).Packets;
        folder.Delete(recursive: true);
        var inner = packets.Where(packet => packet.Interface == 0).ToList();
        Assert.All(inner, packet => Assert.True(Parse(packet.Bytes).PayloadPacket is TcpPacket or IcmpV4Packet));
        Assert.Contains(inner, packet => Parse(packet.Bytes).Extract<TcpPacket>() is { Synchronize: true, DestinationPort: 80 });
        // A handshake, which carries nothing, and all that carries what is among the inner packets
        Assert.InRange(packets.Count - inner.Count, inner.Count, int.MaxValue);
    }

    [Fact]
    public async Task A_live_capture_has_what_the_filter_lets_through_and_pipes_it_on()
    {
        var tunnel = await StartAsync();
        var file = new MemoryStream();
        await using (var copy = new PcapWriter(file, "copy"))
        {
            using var piped = new Piped(copy);
            await CaptureSamples.CaptureLiveAsync(tunnel, piped, async () =>
            {
                await ExchangeAsync();
                Assert.True(piped.Both.Wait(TimeSpan.FromSeconds(30), Cancellation), "a SYN and a SYN-ACK");
            });
        }

        var packets = PcapFile.Read(file.ToArray()).Select(capture => capture.GetPacket().Extract<TcpPacket>()).ToList();
        Assert.All(packets, packet => Assert.True(packet.SourcePort == 80 || packet.DestinationPort == 80));
        Assert.Equal([(true, false), (true, true)], packets.Take(2).Select(packet => (packet.Synchronize, packet.Acknowledgment)));
    }

    [Fact]
    public async Task What_a_live_tap_sends_leaves_the_tunnel_as_if_it_were_ours_and_is_shown()
    {
        var tunnel = await StartAsync();
        using var tap = tunnel.CreateLiveTap("mine");
        Assert.Equal("mine", tap.Name);
        tap.Open(new DeviceConfiguration { ReadTimeout = -1 });
        await using var listener = _there!.ListenUdp(53);
        var packet = new byte[100];
        packet = packet[..UdpWriter.Write(packet, new IPEndPoint(Ours, 4000), new IPEndPoint(Theirs, 53), [1, 2, 3])];

        tap.SendPacket(packet);

        await using var flow = await listener.AcceptOneAsync(Cancellation);
        Assert.Equal(new IPEndPoint(Ours, 4000), flow.RemoteEndPoint);
        var read = await flow.Input.ReadAsync(Cancellation);
        Assert.Equal([1, 2, 3], read.Buffer.FirstSpan.ToArray());
        Assert.Equal(packet, ReadOne(tap));
    }

    [Fact]
    public async Task A_packet_longer_than_the_mtu_cannot_be_sent_and_one_that_is_none_is_counted()
    {
        var tunnel = await StartAsync();
        using var tap = tunnel.CreateLiveTap();
        tap.Open();
        var error = Assert.Throws<ArgumentException>(() => tap.SendPacket(new byte[1421]));
        Assert.StartsWith("The packet has 1421 bytes, and the MTU of the tunnel is 1420.", error.Message, StringComparison.Ordinal);
        tap.SendPacket([1, 2, 3]);
        tap.SendPacket([]);
        Assert.Equal(2L, tunnel.GetStatistics().Sent[SendOutcome.Malformed]);
        Assert.Equal(0L, tunnel.GetStatistics().Faults);
    }

    [Fact]
    public async Task A_live_tap_of_datagrams_has_the_handshake()
    {
        var tunnel = await StartAsync();
        using var tap = tunnel.CreateLiveTap(layers: TapLayers.Outer);
        tap.Open(new DeviceConfiguration { ReadTimeout = 30_000 });
        await ExchangeAsync();
        Assert.Equal(148, Parse(ReadOne(tap)).Extract<UdpPacket>().PayloadData.Length);
        Assert.Equal(92, Parse(ReadOne(tap)).Extract<UdpPacket>().PayloadData.Length);
    }

    [Fact]
    public async Task A_live_tap_outlives_its_tunnel_but_cannot_be_opened_or_send_any_more()
    {
        var tunnel = await StartAsync();
        using var tap = tunnel.CreateLiveTap();
        tap.Open(new DeviceConfiguration { ReadTimeout = -1 });
        await tunnel.StopAsync(TimeSpan.Zero);
        Assert.Equal(GetPacketStatus.ReadTimeout, tap.GetNextPacket(out _));
        Assert.Throws<ObjectDisposedException>(() => tap.SendPacket(new byte[40]));
        tap.Close();
        Assert.Throws<ObjectDisposedException>(() => tap.Open());
    }

    private async Task<WireGuardTunnel> StartAsync()
    {
        _there = await StartAsync(_theirKey, Theirs, new PeerOptions { PublicKey = _ourKey.PublicKey, AllowedIPs = [new IPNetwork(Ours, 32)] });
        _here = await StartAsync(_ourKey, Ours, new PeerOptions
        {
            PublicKey = _theirKey.PublicKey,
            AllowedIPs = [new IPNetwork(Theirs, 32)],
            EndPoint = _there.LocalEndPoint,
        });
        return _here;
    }

    private static Task<WireGuardTunnel> StartAsync(PrivateKey key, IPAddress address, PeerOptions peer) => WireGuardTunnel.StartAsync(
        new TunnelOptions
        {
            PrivateKey = key,
            Addresses = [address],
            Peers = [peer],
            Transport = new UdpTransportOptions { BindEndPoint = new IPEndPoint(IPAddress.Loopback, 0) },
        },
        Cancellation);

    private async Task ExchangeAsync()
    {
        await using var listener = _there!.ListenTcp(80);
        await using var socket = await _here!.ConnectTcpAsync(new IPEndPoint(Theirs, 80), Cancellation);
        await using var accepted = await listener.AcceptOneAsync(Cancellation);
    }

    private static byte[] ReadOne(LiveTap tap)
    {
        Assert.Equal(GetPacketStatus.PacketRead, tap.GetNextPacket(out var capture));
        return capture.Data.ToArray();
    }

    private static Packet Parse(byte[] packet) => Packet.ParsePacket(LinkLayers.Raw, packet).PayloadPacket;

    private static async Task<string> ReadAsync(params string[] path) =>
        (await File.ReadAllTextAsync(Path.Combine([Checkout.Root, .. path]), Cancellation)).ReplaceLineEndings("\n");

    /// <summary>Passes packets on, and tells when two have come.</summary>
    private sealed class Piped(IInjectionDevice device) : IInjectionDevice
    {
        private int _count;

        public ManualResetEventSlim Both { get; } = new();

        public string Name => device.Name;

        public string Description => device.Description;

        public string? LastError => device.LastError;

        public string? Filter { get; set; }

        public System.Net.NetworkInformation.PhysicalAddress? MacAddress => null;

        public LinkLayers LinkType => device.LinkType;

        public void Open(DeviceConfiguration configuration) => device.Open(configuration);

        public void SendPacket(ReadOnlySpan<byte> p, ICaptureHeader? header = null)
        {
            device.SendPacket(p, header);
            if (++_count == 2)
            {
                Both.Set();
            }
        }

        public void Close() => device.Close();

        public void Dispose() => Both.Dispose();
    }
}
