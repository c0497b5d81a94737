using Onetun.Capture;

namespace Onetun.Interop;

/// <summary>Our filters of packets take what those of libpcap take, and refuse what they refuse. No Docker.</summary>
public sealed class FilterTests(ITestOutputHelper output) : IDisposable
{
    private const int Packets = 600;
    private const int Expressions = 600;

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("onetun-filter-");

    private string Capture => Path.Combine(_directory.FullName, "mixed.pcap");

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public async Task Tcpdump_takes_the_same_packets_and_refuses_the_same_texts()
    {
        var (taken, refused) = await CompareAsync(new Random(7), RawPackets.Any);

        output.WriteLine($"{taken} filters took the same packets, {refused} were refused by both");
        Assert.InRange(taken, 200, Expressions);
        Assert.InRange(refused, 100, Expressions);
    }

    [Fact]
    public async Task Tcpdump_takes_the_same_of_damaged_and_truncated_packets()
    {
        var (taken, _) = await CompareAsync(new Random(8), RawPackets.Damaged);

        Assert.InRange(taken, 200, Expressions);
    }

    private async Task<(int Taken, int Refused)> CompareAsync(Random random, Func<Random, byte[]> make)
    {
        Tool.SkipUnlessInstalled("tcpdump");
        byte[][] packets = [.. Enumerable.Range(0, Packets).Select(_ => make(random))];
        Write(packets);
        var forge = new FilterForge(random);
        string[] texts = [.. Enumerable.Range(0, Expressions).Select(_ => forge.Next())];
        var (taken, refused) = (0, 0);
        List<string> differences = [];
        foreach (var text in texts)
        {
            var theirs = await Tcpdump.TrySelectAsync(Capture, text);
            int[]? ours = PacketFilter.TryParse(text, out var filter, out var fault)
                ? [.. Enumerable.Range(0, Packets).Where(i => filter.Matches(packets[i]))]
                : null;
            _ = ours is null ? refused++ : taken++;
            if (ours is null != theirs is null || !(ours ?? []).SequenceEqual(theirs ?? []))
            {
                differences.Add($"{text}\n  ours: {Show(ours)} {fault?.Message}\n  tcpdump's: {Show(theirs)}");
            }
        }

        Assert.True(differences.Count == 0, string.Join('\n', differences));
        return (taken, refused);
    }

    private static string Show(int[]? packets) => packets is null ? "refused" : string.Join(' ', packets);

    /// <summary>A packet's time is its index, by which it is known again.</summary>
    private void Write(byte[][] packets)
    {
        using var writer = PcapWriter.Create(Capture);
        for (var i = 0; i < packets.Length; i++)
        {
            writer.OnPacket(new TappedPacket(DateTime.UnixEpoch.AddSeconds(i), PacketDirection.Inbound, packets[i]));
        }
    }
}
