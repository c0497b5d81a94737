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

    /// <summary>Who encrypts packets, if it is to be had. Default <see cref="AeadLibrary.OpenSsl"/>.</summary>
    public AeadLibrary AeadLibrary { get; init; } = AeadLibrary.OpenSsl;

    /// <summary>Peers. Default and most 65,536.</summary>
    public int MaxPeers { get; init; } = 1 << 16;

    /// <summary>
    /// Handshake messages handled in a second, sustained; up to 32 at once. Default 500, which is about a quarter of a
    /// core. Higher, a flood takes time from data; lower, many peers take long to come back after a restart.
    /// </summary>
    public int MaxHandshakesPerSecond { get; init; } = 500;

    /// <summary>
    /// Handshake messages that wait when more come. Default 1,024. With an eighth of them waiting the device is under
    /// load, and asks who sends more to prove its address first.
    /// </summary>
    public int MaxQueuedHandshakes { get; init; } = 1024;

    /// <summary>Sources whose rate is remembered under load. Default 16,384; beyond it new sources are refused.</summary>
    public int MaxRateLimitedSources { get; init; } = 16384;

    internal void Validate()
    {
        ArgumentNullException.ThrowIfNull(PrivateKey);
        ArgumentOutOfRangeException.ThrowIfLessThan(Mtu, 68);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Mtu, 65_507 - Device.Overhead); // all that a datagram holds over IPv4
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxStagedPacketsPerPeer, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxStagedPackets, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxHandshakesPerSecond, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxQueuedHandshakes, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxRateLimitedSources, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxPeers, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(MaxPeers, 1 << 16);
    }
}
