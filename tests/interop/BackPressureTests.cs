using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Onetun.Interop;

[Collection(nameof(PlainPeer))]
public sealed class BackPressureTests(PlainPeer peer, ITestOutputHelper output) : InteropTest(peer, output)
{
    // a receive buffer of at most 16 MiB, and what the kernel keeps between onetun and the client
    private const long MostBuffered = 32 * 1024 * 1024;

    [Fact]
    public async Task A_slow_reader_holds_the_sender_back_while_other_connections_go_on()
    {
        var (file, echo) = (Forward.ToPeer(WireGuardPeer.HttpPort), Forward.ToPeer(WireGuardPeer.EchoPort));
        var onetun = await StartAsync(file, echo);
        var strangers = (await Peer.ReadClientsAsync(WireGuardPeer.HttpPort)).ToHashSet();
        await using var stream = await Traffic.ConnectAsync(file);
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"GET /{HugeFile.Name} HTTP/1.0\r\n\r\n"), Cancellation);

        var read = await ReadSlowlyAsync(stream, bytesPerSecond: 100_000, TimeSpan.FromSeconds(4));
        var memoryBefore = onetun.ResidentBytes;
        var others = Traffic.EchoAsync(echo, seed: 4, count: 5_000_000);
        read += await ReadSlowlyAsync(stream, bytesPerSecond: 100_000, TimeSpan.FromSeconds(8));
        var (sent, memoryAfter) = (await ReadBytesAckedAsync(strangers), onetun.ResidentBytes);

        Assert.InRange(sent, read, read + MostBuffered);
        Assert.InRange(memoryAfter - memoryBefore, long.MinValue, 64 * 1024 * 1024);
        await others.WaitAsync(TimeSpan.FromSeconds(30), Cancellation);

        var (rest, _) = await stream.ReceiveAsync();
        Assert.InRange(read + rest, HugeFile.Length, HugeFile.Length + 1000);
    }

    private static async Task<long> ReadSlowlyAsync(Stream stream, int bytesPerSecond, TimeSpan duration)
    {
        var clock = Stopwatch.StartNew();
        var read = 0L;
        while (clock.Elapsed < duration)
        {
            if (read < clock.Elapsed.TotalSeconds * bytesPerSecond)
            {
                read += (await stream.ReceiveAsync(limit: 10_000)).Count;
            }
            else
            {
                await Task.Delay(10, Cancellation);
            }
        }

        return read;
    }

    // An earlier test that took the path away before its connections ended has left them with the peer
    private async Task<long> ReadBytesAckedAsync(HashSet<string> strangers)
    {
        var connections = await Peer.RunAsync(
            $"ss -tinHO state established 'sport = :{WireGuardPeer.HttpPort}' | " +
            "awk 'match($0, /bytes_acked:[0-9]+/) { print $4, substr($0, RSTART + 12, RLENGTH - 12) }'");
        var ours = connections.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split(' '))
            .Single(fields => !strangers.Contains(fields[0]));
        return long.Parse(ours[1], CultureInfo.InvariantCulture);
    }
}
