using PacketDotNet;
using SharpPcap;
using SharpPcap.LibPcap;

namespace Onetun.Interop;

public sealed class CaptureTests(PlainPeer peer, ITestOutputHelper output)
    : InteropTest(peer, output), IClassFixture<PlainPeer>
{
    /// <summary>IPv4, UDP, and a message without a packet.</summary>
    private const int KeepaliveLength = 28 + 32;

    [Fact]
    public async Task A_capture_of_hundred_megabytes_is_read_by_tshark_without_a_malformed_packet()
    {
        Tool.SkipUnlessInstalled("tshark");
        var file = await CaptureDownloadAsync();

        await Tshark.AssertNothingMalformedAsync(file);
    }

    [Fact]
    public async Task A_capture_of_hundred_megabytes_is_read_by_SharpPcap_and_holds_both_directions()
    {
        var (toPeer, fromPeer) = CountDirections(await CaptureDownloadAsync());

        // at least one packet down for each 1,380 bytes, and up a SYN, a request and a FIN
        Assert.InRange(fromPeer, (int)(HugeFile.Length / 1380), int.MaxValue);
        Assert.InRange(toPeer, 3, int.MaxValue);
    }

    [Fact]
    public async Task A_full_disk_ends_the_capture_says_so_once_and_nothing_else_ends()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "no /dev/full");
        var echo = Forward.ToPeer(WireGuardPeer.EchoPort);
        var onetun = await StartAsync([echo], ["--pcap", "/dev/full", "--pcap-format", "pcapng", "--keylog", "/dev/full"]);
        await Traffic.EchoAsync(echo, seed: 1, 1_000_000);
        Assert.Equal(0, await onetun.StopAsync());
        Assert.Single(LinesWith(onetun, "Capture to /dev/full ended: "));
        Assert.Single(LinesWith(onetun, "No more keys are written to /dev/full: "));
    }

    [Fact]
    public async Task A_pipe_that_is_closed_ends_the_capture_says_so_once_and_nothing_else_ends()
    {
        var echo = Forward.ToPeer(WireGuardPeer.EchoPort);
        using var onetun = OnetunProcess.Start([$"{echo}", .. WayToPeer("10.99.0.2"), "--pcap", "-"], forwards: 1, isPiped: true);
        await onetun.WaitUntilTunnelingAsync();
        await onetun.Pipes.Output.ReadExactlyAsync(new byte[24], Cancellation);
        await onetun.Pipes.Output.DisposeAsync();
        await Traffic.EchoAsync(echo, seed: 1, 1_000_000);
        Assert.Equal(0, await onetun.StopAsync());
        Assert.Single(LinesWith(onetun, "Capture to - ended: "));
    }

    [Fact]
    public async Task A_pipe_that_nobody_reads_costs_packets_of_the_capture_and_nothing_else()
    {
        Tool.SkipUnlessInstalled("mkfifo");
        var fifo = Path.Combine(Peer.Keys.FullName, "fifo");
        Assert.Equal(0, (await Tool.RunAsync("mkfifo", fifo)).ExitCode);
        await using var reader = new FileStream(fifo, FileMode.Open, FileAccess.ReadWrite);
        var forward = Forward.ToPeer(WireGuardPeer.HttpPort);
        var onetun = await StartAsync([forward], ["--pcap", fifo]);
        await using (var body = await Traffic.Http.GetStreamAsync(forward.Uri(HugeFile.Name), Cancellation))
        {
            Assert.Equal((HugeFile.Length, HugeFile.Digest), await body.ReceiveAsync());
        }

        Assert.Equal(0, await onetun.StopAsync());
        Assert.Single(LinesWith(onetun, "ended: it does not take the rest"));
    }

    [Fact]
    public async Task A_capture_whose_reader_has_gone_ends_though_nothing_passes_and_no_two_processes_write_to_one_file()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "no such locks");
        var file = Path.Combine(Peer.Keys.FullName, "shared.pcapng");
        var echo = Forward.ToPeer(WireGuardPeer.EchoPort);
        var onetun = await StartAsync([echo], ["--pcap", file]);
        await Traffic.EchoAsync(echo, seed: 1, 10_000);
        var process = onetun.Id.ToString(System.Globalization.CultureInfo.InvariantCulture);
        var (exitCode, _, error) = await Tool.RunAsync(Checkout.Onetun, "capture", process, file, "--count", "1");
        Assert.Equal(1, exitCode);
        Assert.EndsWith("shared.pcapng: another process writes to it\n", error);

        using var reading = OnetunProcess.Start(["capture", process, "-", "--filter", "host 1.2.3.4"], isPiped: true);
        await reading.Pipes.Output.ReadExactlyAsync(new byte[28], Cancellation);
        await reading.Pipes.Output.DisposeAsync();
        Assert.Equal(0, await reading.WaitForExitAsync(TimeSpan.FromSeconds(30)));

        Assert.Equal(0, await onetun.StopAsync());
        Assert.InRange((await CapturedPacket.ReadAsync(file)).Count, 20, int.MaxValue);
    }

    [Fact]
    public async Task Files_of_a_rotation_have_all_packets_of_both_layers_and_each_is_read_by_tshark()
    {
        Tool.SkipUnlessInstalled("tshark");
        var file = Path.Combine(Peer.Keys.FullName, "rotated.pcapng");
        var echo = Forward.ToPeer(WireGuardPeer.EchoPort);
        var onetun = await StartAsync([echo], ["--pcap", file, "--pcap-size", "1", "--pcap-filter", "tcp port 7"]);
        await Traffic.EchoAsync(echo, seed: 1, 1_500_000);
        Assert.Equal(0, await onetun.StopAsync());

        var files = Peer.Keys.GetFiles("rotated*.pcapng");
        Assert.InRange(files.Length, 4, int.MaxValue);
        var (inner, datagrams) = (0, 0);
        foreach (var part in files)
        {
            await Tshark.AssertNothingMalformedAsync(part.FullName);
            var packets = await CapturedPacket.ReadAsync(part.FullName);
            inner += packets.Count(packet => !packet.IsOuter);
            datagrams += packets.Count(packet => packet.MessageType == 4 && packet.Bytes.Length > KeepaliveLength);
        }

        Assert.InRange(inner, 2 * 1_500_000 / 1380, int.MaxValue);
        Assert.Equal(inner, datagrams);
    }

    [Fact]
    public async Task A_trace_has_a_line_for_each_packet_that_the_filter_takes()
    {
        var echo = Forward.ToPeer(WireGuardPeer.EchoPort);
        var onetun = await StartAsync([echo], ["--trace", "--pcap-filter", "tcp port 7"]);
        await Traffic.EchoAsync(echo, seed: 1, 10);
        Assert.Equal(0, await onetun.StopAsync());
        var lines = onetun.Log.Split('\n').Where(line => line.Contains(" > 10.99.0.1:7 TCP [SYN] ", StringComparison.Ordinal));
        Assert.Single(lines);
        Assert.Contains("< 10.99.0.1:7 > 10.99.0.2:", onetun.Log);
        Assert.DoesNotContain("ICMP", onetun.Log);
    }

    private static IEnumerable<string> LinesWith(OnetunProcess onetun, string text) =>
        onetun.Log.Split('\n').Where(line => line.Contains(text, StringComparison.Ordinal));

    private async Task<string> CaptureDownloadAsync()
    {
        var file = Path.Combine(Peer.Keys.FullName, "wg.pcap");
        var forward = Forward.ToPeer(WireGuardPeer.HttpPort);
        var onetun = await StartAsync([forward], ["--pcap", file]);
        await using (var body = await Traffic.Http.GetStreamAsync(forward.Uri(HugeFile.Name), Cancellation))
        {
            Assert.Equal((HugeFile.Length, HugeFile.Digest), await body.ReceiveAsync());
        }

        Assert.Equal(0, await onetun.StopAsync());
        return file;
    }

    private static (int ToPeer, int FromPeer) CountDirections(string file)
    {
        using var reader = new CaptureFileReaderDevice(file);
        reader.Open();
        // the file says LINKTYPE_RAW; libpcap gives that its own name, DLT_RAW
        Assert.Equal(LinkLayers.RawLegacy, reader.LinkType);
        var (toPeer, fromPeer) = (0, 0);
        while (reader.GetNextPacket(out var capture) == GetPacketStatus.PacketRead)
        {
            var raw = capture.GetPacket();
            var packet = Assert.IsType<IPv4Packet>(Packet.ParsePacket(raw.LinkLayerType, raw.Data).PayloadPacket);
            Assert.Equal(raw.Data.Length, packet.TotalLength);
            if (packet.PayloadPacket is IcmpV4Packet)
            {
                continue; // onetun looks at the path
            }

            Assert.IsType<TcpPacket>(packet.PayloadPacket);
            _ = packet.SourceAddress.Equals(WireGuardPeer.Address) ? fromPeer++ : toPeer++;
        }

        return (toPeer, fromPeer);
    }
}
