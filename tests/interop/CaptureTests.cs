using PacketDotNet;
using SharpPcap;
using SharpPcap.LibPcap;

namespace Onetun.Interop;

[Collection(nameof(PlainPeer))]
public sealed class CaptureTests(PlainPeer peer, ITestOutputHelper output) : InteropTest(peer, output)
{
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
