namespace Onetun.Interop;

/// <summary>What Wireshark's dissectors think of a capture.</summary>
internal static class Tshark
{
    /// <summary>No packet is cut short, contradictory or of a wrong checksum, and none is of a protocol that was not asked for.</summary>
    /// <param name="file">The capture.</param>
    /// <param name="filter">Which packets are judged; all, unless given.</param>
    public static async Task AssertNothingMalformedAsync(string file, string filter = "frame")
    {
        var (exitCode, lines, error) = await Tool.RunAsync(
            "tshark",
            "-n", "-r", file,
            "-o", "ip.check_checksum:TRUE", "-o", "tcp.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE",
            // packets are judged, not what they carry: 100 MB of noise look like broken HTTP here and there
            "-o", "tcp.desegment_tcp_streams:FALSE",
            "-d", "tcp.port==80,echo",
            "-Y", $"({filter}) && (_ws.malformed || _ws.expert.severity == error || !(tcp || udp || icmp || icmpv6))",
            "-T", "fields", "-e", "frame.number", "-e", "_ws.col.Info", "-e", "_ws.expert.message");
        Assert.True(exitCode == 0, $"tshark: {error}");
        Assert.Equal("", lines);
    }
}
