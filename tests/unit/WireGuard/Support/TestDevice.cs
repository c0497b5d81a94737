using System.Net;

namespace Onetun.WireGuard.Tests;

/// <summary>A device and what a driver would do around it.</summary>
internal sealed class TestDevice : IDisposable
{
    private readonly byte[] _buffer;

    public TestDevice(string name, int seed, string endpoint, int mtu = 1420)
    {
        Name = name;
        _buffer = new byte[mtu + 128];
        EndPoint = UdpEndPoint.From(IPEndPoint.Parse(endpoint));
        Environment = new TestEnvironment(seed);
        var key = new byte[PrivateKey.Size];
        new Random(1000 + seed).NextBytes(key);
        Key = new PrivateKey(key);
        Device = new Device(new DeviceOptions { PrivateKey = Key, Mtu = mtu }, Environment);
    }

    public string Name { get; }

    public PrivateKey Key { get; }

    public Device Device { get; }

    public TestEnvironment Environment { get; }

    /// <summary>Where its datagrams come from; a test that roams sets another.</summary>
    public UdpEndPoint EndPoint { get; set; }

    /// <summary>Inner packets received.</summary>
    public List<byte[]> Packets { get; } = [];

    public Peer AddPeer(TimeSpan now, TestDevice other, bool knowsEndpoint, string allowed, PresharedKey? key = null) =>
        Device.AddPeer(now, new PeerOptions
        {
            PublicKey = other.Key.PublicKey,
            PresharedKey = key,
            EndPoint = knowsEndpoint ? other.EndPoint.ToIPEndPoint() : null,
            AllowedIPs = [IPNetwork.Parse(allowed.Contains('/', StringComparison.Ordinal) ? allowed : allowed + "/32")],
        });

    public SendOutcome Send(TimeSpan now, byte[] packet, Eavesdropper network)
    {
        packet.CopyTo(_buffer, Device.HeaderLength);
        var outcome = Device.Send(now, _buffer, packet.Length, out var length, out var destination, out var ecn);
        if (outcome == SendOutcome.Sealed)
        {
            network.Carry(new Datagram(now, EndPoint, destination, _buffer[..length]) { Ecn = ecn });
        }

        Transmit(now, network);
        return outcome;
    }

    public void Transmit(TimeSpan now, Eavesdropper network)
    {
        while (Device.TryTransmit(now, _buffer, out var length, out var destination, out var ecn))
        {
            network.Carry(new Datagram(now, EndPoint, destination, _buffer[..length]) { Ecn = ecn });
        }
    }

    public ReceiveResult Receive(TimeSpan now, Datagram datagram)
    {
        byte[] bytes = [.. datagram.Bytes];
        var received = Device.Receive(now, bytes, datagram.Source, datagram.Ecn);
        if (received.Outcome == DatagramOutcome.Packet)
        {
            Packets.Add(bytes[received.Offset..(received.Offset + received.Length)]);
        }

        return received;
    }

    public void Dispose()
    {
        Device.Dispose();
        Key.Dispose();
    }
}
