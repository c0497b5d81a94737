namespace Onetun.WireGuard;

/// <summary>What a device is made of.</summary>
public sealed record DeviceOptions
{
    /// <summary>Our static key. Copied.</summary>
    public required PrivateKey PrivateKey { get; init; }

    /// <summary>Largest inner packet, bytes. Default 1420, which fits an Ethernet path with IPv6 outside.</summary>
    public int Mtu { get; init; } = 1420;

    /// <summary>Packets of one peer that wait for a session. Default 128; beyond it the oldest is dropped.</summary>
    public int MaxStagedPacketsPerPeer { get; init; } = 128;

    /// <summary>
    /// Packets of all peers that wait. Default 1024, which is 1.5 MB; beyond it the oldest of all is dropped.
    /// </summary>
    public int MaxStagedPackets { get; init; } = 1024;

    /// <summary>Peers. Default and most 65,536.</summary>
    public int MaxPeers { get; init; } = 1 << 16;

    internal void Validate()
    {
        ArgumentNullException.ThrowIfNull(PrivateKey);
        ArgumentOutOfRangeException.ThrowIfLessThan(Mtu, 68);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Mtu, 65535 - Device.Overhead);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxStagedPacketsPerPeer, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxStagedPackets, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxPeers, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(MaxPeers, 1 << 16);
    }
}
