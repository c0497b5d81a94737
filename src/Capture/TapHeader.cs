using SharpPcap;

namespace Onetun.Capture;

/// <summary>What a <see cref="LiveTap"/> tells of a packet besides its bytes.</summary>
public sealed class TapHeader : ICaptureHeader
{
    internal TapHeader(in CaptureRecord record)
    {
        Timestamp = record.Timestamp;
        Direction = record.Direction.GetValueOrDefault();
        IsOuter = record.IsOuter;
        PacketLength = record.OriginalLength;
    }

    /// <summary>When the packet passed: UTC, to 100 ns.</summary>
    public DateTime Timestamp { get; }

    /// <summary>The same time as SharpPcap has it, with all its digits.</summary>
    public PosixTimeval Timeval => field ??= new PosixTimeval(Timestamp);

    /// <summary>Which way it goes.</summary>
    public PacketDirection Direction { get; }

    /// <summary>Whether it is a datagram of WireGuard, outside the tunnel.</summary>
    public bool IsOuter { get; }

    /// <summary>The bytes that it had, 0 to 65,535; those that were captured may be fewer.</summary>
    public int PacketLength { get; }
}
