using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Onetun.WireGuard;

namespace Onetun.Interop;

/// <summary>
/// A peer with a valid key, whose packets nobody but onetun checks: the WireGuard core on a UDP socket of loopback, and
/// whatever the test puts inside.
/// </summary>
internal sealed class HostilePeer : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private const int SolUdp = 17;
    private const int UdpSegment = 103;

    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
    private readonly Device _device;
    private readonly IPEndPoint _onetun;
    private readonly byte[] _buffer = new byte[2048];
    private readonly Queue<byte[]> _received = new();

    /// <summary>Has a session with the onetun on that port.</summary>
    public HostilePeer(PrivateKey key, PublicKey onetunKey, int onetunPort)
    {
        _onetun = new IPEndPoint(IPAddress.Loopback, onetunPort);
        _socket.Connect(_onetun);
        _device = new Device(new DeviceOptions { PrivateKey = key, Mtu = 1420 }, new SystemEnvironment());
        var peer = _device.AddPeer(Now, new PeerOptions
        {
            PublicKey = onetunKey,
            EndPoint = _onetun,
            PersistentKeepalive = TimeSpan.FromSeconds(25),
            AllowedIPs = [IPNetwork.Parse("0.0.0.0/0"), IPNetwork.Parse("::/0")],
        });
        for (var end = Now + Limit; !peer.HasSession(Now);)
        {
            Assert.True(Now < end, "onetun does not answer a handshake");
            Turn();
        }

        Turn(); // what waited for it goes first
    }

    private static TimeSpan Now => Stopwatch.GetElapsedTime(0);

    /// <summary>Sends packets of one length, which onetun is to find in one received batch.</summary>
    public void SendTrain(IEnumerable<byte[]> packets)
    {
        byte[][] datagrams = [.. packets.Select(Seal)];
        _socket.SetRawSocketOption(SolUdp, UdpSegment, BitConverter.GetBytes(datagrams[0].Length));
        _socket.Send([.. datagrams.SelectMany(datagram => datagram)]);
        _socket.SetRawSocketOption(SolUdp, UdpSegment, BitConverter.GetBytes(0));
    }

    public void Send(byte[] packet) => _socket.Send(Seal(packet));

    /// <summary>The next packet from onetun that is wanted; null if it does not come in time.</summary>
    public byte[]? Receive(Func<byte[], bool> isWanted)
    {
        for (var end = Now + Limit; Now < end;)
        {
            Turn();
            while (_received.TryDequeue(out var packet))
            {
                if (isWanted(packet))
                {
                    return packet;
                }
            }
        }

        return null;
    }

    public void Dispose()
    {
        _device.Dispose();
        _socket.Dispose();
    }

    private byte[] Seal(byte[] packet)
    {
        packet.CopyTo(_buffer, Device.HeaderLength);
        Assert.Equal(SendOutcome.Sealed, _device.Send(Now, _buffer, packet.Length, out var length, out _, out _));
        return _buffer[..length];
    }

    private void Turn()
    {
        _device.OnTimeout(Now);
        while (_device.TryTransmit(Now, _buffer, out var length, out _, out _))
        {
            _socket.Send(_buffer.AsSpan(0, length));
        }

        if (_socket.Poll(TimeSpan.FromMilliseconds(10), SelectMode.SelectRead))
        {
            Take();
        }
    }

    private void Take()
    {
        var datagram = _buffer.AsSpan(0, _socket.Receive(_buffer));
        var received = _device.Receive(Now, datagram, UdpEndPoint.From(_onetun));
        if (received.Outcome == DatagramOutcome.Packet)
        {
            _received.Enqueue(datagram.Slice(received.Offset, received.Length).ToArray());
        }
    }

    private sealed class SystemEnvironment : IEnvironment
    {
        public DateTime UtcNow => DateTime.UtcNow;

        public void Fill(Span<byte> buffer) => RandomNumberGenerator.Fill(buffer);
    }
}
