using System.Globalization;
using System.Text.RegularExpressions;

namespace Onetun.Interop;

/// <summary>A packet of a capture as tshark reads it.</summary>
/// <param name="IsOuter">Whether it is of the interface <c>outer</c>.</param>
/// <param name="IsInbound">Which way its flags say it went.</param>
/// <param name="MessageType">Of WireGuard, in a datagram.</param>
/// <param name="Bytes">Those of the frame.</param>
/// <param name="Decrypted">What tshark has decrypted in it; null if nothing.</param>
internal sealed partial record CapturedPacket(bool IsOuter, bool IsInbound, int? MessageType, byte[] Bytes, byte[]? Decrypted)
{
    private const string Decryption = "Decrypted Packet";

    /// <summary>The inner packet that tshark has decrypted, without padding.</summary>
    public byte[]? Inner => Decrypted is null ? null
        : Decrypted[0] >> 4 == 4 ? Decrypted[..((Decrypted[2] << 8) | Decrypted[3])]
        : Decrypted[..(40 + ((Decrypted[4] << 8) | Decrypted[5]))];

    /// <summary>All packets of a file; tshark may be given preferences.</summary>
    public static async Task<IReadOnlyList<CapturedPacket>> ReadAsync(string file, params string[] preferences)
    {
        var (exitCode, fields, error) = await Tool.RunAsync(
            "tshark",
            [
                "-n", "-r", file, .. preferences, "-T", "fields",
                "-e", "frame.interface_name", "-e", "frame.packet_flags_direction", "-e", "wg.type",
            ]);
        Assert.True(exitCode == 0, $"tshark: {error}");
        (exitCode, var dump, error) = await Tool.RunAsync("tshark", ["-n", "-r", file, .. preferences, "-x"]);
        Assert.True(exitCode == 0, $"tshark: {error}");
        var frames = FramesOf(dump).ToList();
        var lines = fields.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(lines.Length, frames.Count);
        return [.. lines.Zip(frames, Of)];
    }

    private static CapturedPacket Of(string line, Dictionary<string, byte[]> sources)
    {
        var fields = line.Split('\t');
        return new CapturedPacket(
            fields[0] == "outer",
            Convert.ToInt32(fields[1], 16) == 1,
            fields[2].Length == 0 ? null : int.Parse(fields[2], CultureInfo.InvariantCulture),
            sources.First().Value,
            sources.FirstOrDefault(source => source.Key.StartsWith(Decryption, StringComparison.Ordinal)).Value);
    }

    /// <summary>Each frame's data sources, from tshark's hexadecimal dump. One that is alone has no heading.</summary>
    private static IEnumerable<Dictionary<string, byte[]>> FramesOf(string dump)
    {
        foreach (var frame in dump.Split("\n\n", StringSplitOptions.RemoveEmptyEntries))
        {
            var sources = new Dictionary<string, byte[]>();
            var name = "";
            foreach (var line in frame.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            {
                if (HexLine().Match(line) is { Success: true } match)
                {
                    var bytes = Convert.FromHexString(match.Groups[1].Value.Replace(" ", "", StringComparison.Ordinal));
                    sources[name] = [.. sources.GetValueOrDefault(name, []), .. bytes];
                }
                else
                {
                    name = line;
                }
            }

            yield return sources;
        }
    }

    [GeneratedRegex("^[0-9a-f]{4,}  ((?:[0-9a-f]{2} ){1,16})")]
    private static partial Regex HexLine();
}
