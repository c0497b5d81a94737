using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Onetun.Tunnel;
using Onetun.WireGuard;

namespace Onetun.Benchmarks.Tunnel;

/// <summary>The peer of a tunnel on loopback: it answers its handshake, then takes nothing any more, and sends what it is told to.</summary>
internal sealed class FarEnd : IEnvironment, IDisposable
{
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
    private readonly Device _device;

    public FarEnd(PrivateKey key, PublicKey near)
    {
        _socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _device = new Device(new DeviceOptions { PrivateKey = key }, this);
        _device.AddPeer(_clock.Elapsed, new PeerOptions { PublicKey = near, AllowedIPs = [new IPNetwork(IPAddress.Any, 0)] });
    }

    public IPEndPoint EndPoint => (IPEndPoint)_socket.LocalEndPoint!;

    public DateTime UtcNow => DateTime.UtcNow;

    public void Fill(Span<byte> buffer) => SystemRandom.Fill(buffer);

    /// <summary>Answers an initiation, and takes the packet that confirms the session.</summary>
    public void Meet()
    {
        Span<byte> buffer = stackalloc byte[2048];
        EndPoint near = new IPEndPoint(IPAddress.Any, 0);
        foreach (var expected in (DatagramOutcome[])[DatagramOutcome.HandshakeInitiation, DatagramOutcome.Keepalive])
        {
            var length = _socket.ReceiveFrom(buffer, ref near);
            var outcome = _device.Receive(_clock.Elapsed, buffer[..length], UdpEndPoint.From((IPEndPoint)near)).Outcome;
            if (outcome != expected)
            {
                throw new InvalidOperationException($"Instead of {expected} came {outcome}.");
            }

            while (_device.TryTransmit(_clock.Elapsed, buffer, out length, out _, out _))
            {
                _socket.SendTo(buffer[..length], near);
            }
        }
    }

    /// <summary>Seals a packet as many times as fit into a batch of the largest size that leaves by one call of the system.</summary>
    public DatagramBatch Seal(ReadOnlySpan<byte> packet, IPEndPoint near)
    {
        const int Datagrams = 132;
        var slotLength = packet.Length + Device.Overhead + 64;
        var batch = new DatagramBatch(Datagrams * slotLength, Datagrams);
        while (batch.TryGetSlot(slotLength, out var slot))
        {
            packet.CopyTo(slot[Device.HeaderLength..]);
            _device.Send(_clock.Elapsed, slot, packet.Length, out var length, out _, out _);
            batch.Commit(length, UdpEndPoint.From(near));
        }

        return batch;
    }

    /// <summary>A transport over its socket, which goes with it.</summary>
    public IUdpTransport OpenTransport() => UdpTransport.Over(_socket, new UdpTransportOptions());

    public void Dispose()
    {
        _device.Dispose();
        _socket.Dispose();
    }
}
