using System.Net;
using System.Security.Cryptography;
using Onetun.WireGuard;

namespace Onetun.Benchmarks.WireGuard;

/// <summary>Two devices that hand each other what they transmit, on a clock that the benchmark moves.</summary>
internal sealed class DevicePair : IEnvironment
{
    private static readonly UdpEndPoint InitiatorEndPoint = new(1, 1);
    private static readonly UdpEndPoint ResponderEndPoint = new(2, 2);
    private readonly byte[] _buffer = new byte[2048];

    public DevicePair()
    {
        using var initiatorKey = PrivateKey.Generate();
        using var responderKey = PrivateKey.Generate();
        var unlimited = new DeviceOptions { PrivateKey = responderKey, MaxHandshakesPerSecond = 1_000_000 };
        Initiator = new Device(unlimited with { PrivateKey = initiatorKey }, this);
        Responder = new Device(unlimited, this);
        // With a keepalive it has reason to begin a handshake when it is told to
        Initiator.AddPeer(
            Now, Peer(responderKey.PublicKey) with { EndPoint = ResponderEndPoint.ToIPEndPoint(), PersistentKeepalive = TimeSpan.FromSeconds(25) });
        Responder.AddPeer(Now, Peer(initiatorKey.PublicKey));
    }

    public Device Initiator { get; }

    public Device Responder { get; }

    public TimeSpan Now { get; private set; } = TimeSpan.FromHours(1);

    public DateTime UtcNow => DateTime.UnixEpoch + TimeSpan.FromDays(20_000) + Now;

    public void Fill(Span<byte> buffer) => RandomNumberGenerator.Fill(buffer);

    /// <summary>Lets pass what must lie between two handshakes.</summary>
    public void Advance() => Now += TimeSpan.FromSeconds(6);

    public byte[] Initiate()
    {
        Advance();
        Initiator.ExpireSessions(Now);
        return Transmit(Initiator);
    }

    public byte[] Respond(byte[] initiation)
    {
        Responder.Receive(Now, initiation, InitiatorEndPoint);
        return Transmit(Responder);
    }

    public void Finish(byte[] response)
    {
        Initiator.Receive(Now, response, ResponderEndPoint);
        Responder.Receive(Now, Transmit(Initiator), InitiatorEndPoint);
    }

    public int Send(Span<byte> slot, int packetLength)
    {
        Initiator.Send(Now, slot, packetLength, out var length, out _, out _);
        return length;
    }

    public ReceiveResult Receive(Span<byte> datagram) => Responder.Receive(Now, datagram, InitiatorEndPoint);

    private byte[] Transmit(Device device)
    {
        return device.TryTransmit(Now, _buffer, out var length, out _, out _)
            ? _buffer[..length]
            : throw new InvalidOperationException("There should be something to transmit.");
    }

    private static PeerOptions Peer(PublicKey key) =>
        new() { PublicKey = key, AllowedIPs = [IPNetwork.Parse("0.0.0.0/0")] };
}
