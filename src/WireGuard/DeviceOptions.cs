namespace Onetun.WireGuard;

/// <summary>The options of a <see cref="Device"/>.</summary>
public sealed record DeviceOptions
{
    /// <summary>Our static key. The device copies it, so it may be disposed afterwards.</summary>
    public required PrivateKey PrivateKey { get; init; }

    /// <summary>
    /// The longest inner packet, bytes: 68 to 65,475. Default 1420, which fits an Ethernet path with IPv6 outside.
    /// </summary>
    public int Mtu { get; init; } = 1420;

    /// <summary>
    /// Packets of one peer that may wait for a session, at least 1. Default 128; beyond it the oldest is dropped.
    /// </summary>
    public int MaxStagedPacketsPerPeer { get; init; } = 128;

    /// <summary>
    /// Packets of all peers together that may wait for a session, at least 1. Default 1024, which is 1.5 MB; beyond it the oldest
    /// of all is dropped.
    /// </summary>
    public int MaxStagedPackets { get; init; } = 1024;

    /// <summary>
    /// The library that encrypts packets, if it is available, otherwise libsodium. Default <see cref="AeadLibrary.OpenSsl"/>.
    /// </summary>
    public AeadLibrary AeadLibrary { get; init; } = AeadLibrary.OpenSsl;

    /// <summary>Peers that there may be: 1 to 65,536, the default.</summary>
    public int MaxPeers { get; init; } = 1 << 16;

    /// <summary>
    /// Handshake messages handled per second in the long run, at least 1; up to 32 at once. Default 500, which is about a quarter
    /// of a core. With more, a flood takes time from data; with fewer, many peers take long to come back after a restart.
    /// </summary>
    public int MaxHandshakesPerSecond { get; init; } = 500;

    /// <summary>
    /// Handshake messages that may wait when more come than that, at least 1. Default 1024. When an eighth as many wait, the
    /// device is under load: it answers further ones with a cookie reply, so that senders have to prove their addresses.
    /// </summary>
    public int MaxQueuedHandshakes { get; init; } = 1024;

    /// <summary>
    /// Source addresses (IPv6: /64 prefixes) whose rate is remembered under load, at least 1. Default 16,384; beyond it new
    /// ones are refused.
    /// </summary>
    public int MaxRateLimitedSources { get; init; } = 16384;

    internal void Validate()
    {
        ArgumentNullException.ThrowIfNull(PrivateKey);
        ArgumentOutOfRangeException.ThrowIfLessThan(Mtu, 68);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Mtu, 65_507 - Device.Overhead); // All that a datagram can hold over IPv4
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxStagedPacketsPerPeer, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxStagedPackets, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxHandshakesPerSecond, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxQueuedHandshakes, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxRateLimitedSources, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxPeers, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(MaxPeers, 1 << 16);
        if (!Enum.IsDefined(AeadLibrary))
        {
            throw new ArgumentOutOfRangeException(nameof(AeadLibrary), AeadLibrary, "There is no such library.");
        }
    }
}
