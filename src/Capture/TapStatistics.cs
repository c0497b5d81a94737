using SharpPcap;

namespace Onetun.Capture;

/// <summary>What has become of the packets that a live tap was shown. Counts of SharpPcap have 32 bits, and begin anew after them.</summary>
internal sealed class TapStatistics(long received, long dropped) : ICaptureStatistics
{
    public static TapStatistics None => new(0, 0);

    public uint ReceivedPackets { get; set; } = unchecked((uint)received);

    public uint DroppedPackets { get; set; } = unchecked((uint)dropped);

    /// <summary>Nothing is lost between the tunnel and the tap.</summary>
    public uint InterfaceDroppedPackets { get; set; }

    public override string ToString() => $"{ReceivedPackets} packets received, {DroppedPackets} dropped";
}
