using System.Text.Json.Serialization;
using Onetun.Capture;

namespace Onetun.Forwarder.Control;

/// <summary>The capture that one process asks another for.</summary>
/// <param name="Format">Of the file that is sent.</param>
/// <param name="Layers">What is in it.</param>
/// <param name="Filter">In tcpdump's words; null is all.</param>
/// <param name="SnapLength">Bytes of each packet.</param>
/// <param name="MaxPackets">After which it ends; 0 is never.</param>
internal sealed record CaptureRequest(
    PcapFileFormat Format, TapLayers Layers, string? Filter = null, int SnapLength = 65535, long MaxPackets = 0)
{
    /// <summary>Bytes that wait for a reader who is slow: 4 MiB, for there may be several.</summary>
    private const int BufferSize = 4 << 20;

    /// <summary>What the writer of the file has to know.</summary>
    /// <exception cref="FormatException">The filter is none.</exception>
    /// <exception cref="ArgumentException">A number is out of its range, or the layers do not go with the format.</exception>
    public PcapOptions ToOptions(string application)
    {
        var options = new PcapOptions
        {
            Format = Format,
            Layers = Layers,
            Filter = Filter is null ? null : PacketFilter.Parse(Filter),
            SnapLength = SnapLength,
            MaxPackets = MaxPackets,
            BufferSize = BufferSize,
            Application = application,
        };
        options.Validate();
        return options;
    }
}

/// <summary>Its JSON form, made at compile time: it survives trimming and native compilation.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(CaptureRequest))]
internal sealed partial class CaptureJson : JsonSerializerContext;
