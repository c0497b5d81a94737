using Onetun.Capture;

namespace Onetun.Forwarder.Configuration;

/// <summary>Which packets a capture has.</summary>
internal enum CaptureLayers
{
    Both,
    Inner,
    Outer,
}

/// <summary>What is captured of the tunnel, and where to.</summary>
internal sealed record CaptureConfiguration
{
    /// <summary>The file; - is standard output, null none.</summary>
    public string? Path { get; init; }

    /// <summary>Null if it was not asked for.</summary>
    public PcapFileFormat? Format { get; init; }

    /// <summary>Null if it was not asked for.</summary>
    public CaptureLayers? Layers { get; init; }

    /// <summary>Whether keys go into the file.</summary>
    public bool HasSecrets { get; init; }

    public PacketFilter? Filter { get; init; }

    public int SnapLength { get; init; } = new PcapOptions().SnapLength;

    /// <summary>Bytes; 0 is no limit.</summary>
    public long MaxFileSize { get; init; }

    /// <summary>0 is no limit.</summary>
    public int MaxFiles { get; init; }

    /// <summary>A file of keys; null none.</summary>
    public string? KeyLog { get; init; }

    /// <summary>Whether packets are written as lines.</summary>
    public bool IsTraced { get; init; }

    /// <summary>What the writer of the file has to know.</summary>
    public PcapOptions ToOptions(string application)
    {
        var needsPcapng = HasSecrets || Layers is CaptureLayers.Both or CaptureLayers.Outer;
        var isNamedSo = (System.IO.Path.GetExtension(Path) ?? "").Equals(".pcapng", StringComparison.OrdinalIgnoreCase);
        var format = Format ?? (needsPcapng || isNamedSo ? PcapFileFormat.Pcapng : PcapFileFormat.Pcap);
        var layers = Layers ?? (format == PcapFileFormat.Pcapng ? CaptureLayers.Both : CaptureLayers.Inner);
        return new PcapOptions
        {
            Format = format,
            Layers = LayersOf(layers) | (HasSecrets ? TapLayers.Keys : TapLayers.None),
            Filter = Filter,
            SnapLength = SnapLength,
            MaxFileSize = MaxFileSize,
            MaxFiles = MaxFiles,
            Application = application,
        };
    }

    /// <summary>What a tap has to be shown for them.</summary>
    public static TapLayers LayersOf(CaptureLayers layers) => layers switch
    {
        CaptureLayers.Inner => TapLayers.Inner,
        CaptureLayers.Outer => TapLayers.Outer,
        _ => TapLayers.Inner | TapLayers.Outer,
    };
}
