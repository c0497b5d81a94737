using System.Security.Cryptography;

namespace Onetun.WireGuard;

/// <summary>What a device's peers have in common.</summary>
internal sealed class DeviceState(DeviceOptions options, IEnvironment environment, Random jitter)
{
    private readonly Queue<Peer> _ready = new();

    /// <summary>The latest time that the device has been told.</summary>
    public TimeSpan Now { get; private set; }

    public IEnvironment Environment => environment;

    public Random Jitter => jitter;

    public LocalIdentity Identity { get; set; } = new(options.PrivateKey);

    public int Mtu => options.Mtu;

    public IndexTable Indices { get; } = new(environment);

    public AllowedIPs AllowedIPs { get; } = new();

    public PeerSchedule Schedule { get; } = new();

    public StagedPackets Staged { get; } = new(options.MaxStagedPacketsPerPeer, options.MaxStagedPackets);

    public TransportKeyPool Keys { get; } = new(capacity: 4096, TransportCiphers.Choose(options.AeadLibrary));

    public Responder Responder { get; } = new(environment);

    public DeviceFaults Faults { get; } = new();

    public PeerEvents Events { get; } = new(environment);

    public HandshakeKeysHandler? KeysMade { get; set; }

    /// <summary>A clock that goes back is held where it was.</summary>
    public TimeSpan Advance(TimeSpan now) => Now = now > Now ? now : Now;

    /// <summary>Shows the keys of a handshake, before its message can be transmitted, to whoever asked for them.</summary>
    public void ShowKeys(PublicKey peer, ReadOnlySpan<byte> ephemeral, ReadOnlySpan<byte> preshared)
    {
        if (KeysMade is { } handler)
        {
            Span<byte> ours = stackalloc byte[PrivateKey.Size];
            Identity.Export(ours);
            handler(new HandshakeKeys(ours, peer, ephemeral, preshared));
            CryptographicOperations.ZeroMemory(ours);
        }
    }

    /// <summary>The peer has, or may have, something to transmit.</summary>
    public void MarkReady(Peer peer)
    {
        if (!peer.IsReady)
        {
            peer.IsReady = true;
            _ready.Enqueue(peer);
        }
    }

    /// <summary>Peers take turns: one of them may have 128 staged packets.</summary>
    public bool TryTransmit(TimeSpan now, Span<byte> buffer, out Departure departure)
    {
        while (_ready.TryDequeue(out var peer))
        {
            peer.IsReady = false;
            try
            {
                if (peer.TryTransmit(now, buffer, out departure))
                {
                    MarkReady(peer);
                    return true;
                }
            }
            catch (Exception fault)
            {
                Faults.Break(now, peer, fault);
            }
        }

        departure = default;
        return false;
    }
}
