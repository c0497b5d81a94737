using System.Buffers.Binary;
using System.Runtime.ExceptionServices;
using Onetun.WireGuard;
using static Onetun.Fuzz.Breach;

namespace Onetun.Fuzz.WireGuard;

/// <summary>A device, its peer, and what must hold of all that it sends.</summary>
internal sealed class Side : IDisposable
{
    private readonly HashSet<(uint Receiver, ulong Counter)> _nonces = [];

    public Side(string name, PrivateKey key, ulong seed, DeviceOptions options, UdpEndPoint home)
    {
        (Name, Key, Home) = (name, key, home);
        Environment = new SeededEnvironment(seed);
        Device = new Device(options with { PrivateKey = key }, Environment);
        Macs = new CookieGenerator(key.PublicKey);
        Buffer = new byte[options.Mtu + 128];
    }

    public string Name { get; }

    public PrivateKey Key { get; }

    public Device Device { get; }

    public SeededEnvironment Environment { get; }

    /// <summary>Where its datagrams come from.</summary>
    public UdpEndPoint Home { get; set; }

    /// <summary>The other side, as this one knows it.</summary>
    public Peer Peer { get; set; } = null!;

    /// <summary>What makes mac1 right of a message to it: its public key is all that it takes.</summary>
    public CookieGenerator Macs { get; }

    /// <summary>Room for a datagram.</summary>
    public byte[] Buffer { get; }

    /// <summary>The indices that datagrams to it may name.</summary>
    public uint SomeIndex(Dice dice) => dice.Next(5) switch
    {
        0 => Peer.Sessions.Previous?.LocalIndex ?? 0,
        1 => Peer.Sessions.Next?.LocalIndex ?? 0,
        2 => Peer.Handshake.PendingIndex ?? 0,
        3 => dice.Edge32(),
        _ => Peer.Sessions.Current?.LocalIndex ?? 0,
    };

    /// <summary>What the device caught, to lose a peer or a datagram alone.</summary>
    public void ThrowFaults()
    {
        if (Device.TryTakeFault(out var fault))
        {
            ExceptionDispatchInfo.Throw(fault.Exception);
        }
    }

    public Snapshot Look(TimeSpan now) => new(
        Peer.GetStatistics(now),
        Peer.Sessions.Previous,
        Peer.Sessions.Current,
        Peer.Sessions.Next,
        Peer.Handshake.PendingIndex,
        (Peer.Timers.Deadline(PeerTimer.RetransmitHandshake), Peer.Timers.Deadline(PeerTimer.SendKeepalive)),
        (Peer.Timers.Deadline(PeerTimer.NewHandshake), Peer.Timers.Deadline(PeerTimer.ZeroKeys)),
        Peer.Timers.Deadline(PeerTimer.PersistentKeepalive),
        Device.IndexCount);

    /// <summary>Checks a datagram that this side sends to the other.</summary>
    public void CheckSent(ReadOnlySpan<byte> datagram, Side other, bool isToStranger)
    {
        var type = (MessageType)BinaryPrimitives.ReadUInt32LittleEndian(datagram);
        var sealedLength = datagram.Length - Device.Overhead;
        var hasLength = type switch
        {
            MessageType.HandshakeInitiation => datagram.Length == HandshakeInitiation.Size,
            MessageType.HandshakeResponse => datagram.Length == HandshakeResponse.Size,
            MessageType.CookieReply => datagram.Length == CookieReply.Size,
            MessageType.Transport => sealedLength >= 0 && (sealedLength % 16 == 0 || sealedLength == Device.Mtu),
            _ => false,
        };
        Require(hasLength, "each message sent has the length of its type");
        Require(!isToStranger || type == MessageType.CookieReply, "who proved nothing is sent nothing but a cookie");
        if (type == MessageType.Transport)
        {
            var header = TransportHeader.Read(datagram);
            Require(_nonces.Add((header.Receiver, header.Counter)), "no nonce is used twice");
        }
        else if (type != MessageType.CookieReply)
        {
            byte[] copy = [.. datagram];
            other.Macs.AddMacs(default, copy);
            Require(
                copy.AsSpan(0, copy.Length - Blake2s.MacSize).SequenceEqual(datagram[..^Blake2s.MacSize]),
                "mac1 of each handshake message sent is right");
        }
    }

    public void Dispose() => Device.Dispose();
}

/// <summary>All of a peer that a datagram may change, if it is authentic.</summary>
internal readonly record struct Snapshot(
    PeerStatistics Statistics,
    Session? Previous,
    Session? Current,
    Session? Next,
    uint? Pending,
    (TimeSpan Retransmission, TimeSpan Keepalive) Sending,
    (TimeSpan NewHandshake, TimeSpan ZeroKeys) Keys,
    TimeSpan PersistentKeepalive,
    int Indices);
