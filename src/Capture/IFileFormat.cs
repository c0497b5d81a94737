namespace Onetun.Capture;

/// <summary>How the records of a capture become bytes.</summary>
internal interface IFileFormat
{
    /// <summary>What a file begins with.</summary>
    ReadOnlySpan<byte> Header { get; }

    /// <summary>Bytes that <see cref="End"/> needs.</summary>
    int EndLength { get; }

    /// <summary>Adds a packet, if there is room for it and for the end.</summary>
    bool TryAdd(PacketRing ring, in CaptureRecord record);

    /// <summary>Adds keys, if there is room for them and for the end, or if the format has no place for them.</summary>
    bool TryAddKeys(PacketRing ring, ReadOnlySpan<byte> keyLog);

    /// <summary>Adds what a file ends with.</summary>
    void End(PacketRing ring, DateTime now, in InterfaceCounters inner, in InterfaceCounters outer);
}
