namespace Onetun.Capture;

/// <summary>A packet as a capture keeps it.</summary>
internal readonly ref struct CaptureRecord
{
    public required DateTime Timestamp { get; init; }

    /// <summary>Null if nobody knows.</summary>
    public PacketDirection? Direction { get; init; }

    public bool IsOuter { get; init; }

    /// <summary>As many bytes of it as are kept.</summary>
    public required ReadOnlySpan<byte> Bytes { get; init; }

    /// <summary>The bytes that it had.</summary>
    public required int OriginalLength { get; init; }

    public string? Comment { get; init; }

    /// <summary>Packets of its interface that found no room since the one before it.</summary>
    public long DroppedBefore { get; init; }
}
