using System.Net;
using Onetun.WireGuard;
using Xunit;

namespace Onetun.Tunnel.Tests;

/// <summary>A peer on loopback that says which ECN field its datagrams have on arrival, as if a router had written it.</summary>
internal sealed class MarkingPeer : IDisposable
{
    private readonly Device _device;
    private readonly IUdpTransport _transport = UdpTransport.Create(new IPEndPoint(IPAddress.Loopback, 0));
    private readonly DatagramBatch _sent = new(64 << 10, 32);
    private readonly ReceiveBatch _received;
    private readonly CancellationTokenRegistration _patience;

    public MarkingPeer(PrivateKey key, PublicKey other, CancellationToken patience)
    {
        _device = new Device(new DeviceOptions { PrivateKey = key }, new SystemEnvironment(Clock.Instance));
        _device.AddPeer(Clock.Now, new PeerOptions
        {
            PublicKey = other,
            AllowedIPs = [IPNetwork.Parse("0.0.0.0/0"), IPNetwork.Parse("::/0")],
        });
        _received = _transport.CreateReceiveBatch();
        _patience = patience.Register(_transport.Dispose);
    }

    public IPEndPoint EndPoint => _transport.LocalEndPoint;

    /// <summary>The peer that sends to us first.</summary>
    public void AwaitSession() => Await(() => _device.Peers.Single().HasSession(Clock.Now));

    /// <summary>Sends an inner packet in a datagram that arrives with this field.</summary>
    public void Send(byte[] packet, EcnField outer)
    {
        Assert.True(_sent.TryGetSlot(_device.Mtu + 64, out var slot));
        packet.CopyTo(slot[Device.HeaderLength..]);
        Assert.Equal(SendOutcome.Sealed, _device.Send(Clock.Now, slot, packet.Length, out var length, out var destination, out _));
        _sent.Commit(length, destination, outer);
        Flush();
    }

    /// <summary>Waits for a packet, and tells the field that its datagram came with.</summary>
    public EcnField AwaitPacket()
    {
        EcnField? ecn = null;
        Await(() => ecn is not null, (outcome, outer) => ecn = outcome == DatagramOutcome.Packet ? outer : ecn);
        return ecn!.Value;
    }

    public void Dispose()
    {
        _patience.Dispose();
        _transport.Dispose();
        _device.Dispose();
        _sent.Dispose();
        _received.Dispose();
    }

    private void Await(Func<bool> isThere, Action<DatagramOutcome, EcnField>? told = null)
    {
        while (!isThere())
        {
            Assert.True(_transport.Receive(_received) > 0, "nothing came");
            for (var i = 0; i < _received.Count; i++)
            {
                var received = _device.Receive(Clock.Now, _received[i], _received.SourceOf(i), _received.EcnOf(i));
                told?.Invoke(received.Outcome, _received.EcnOf(i));
            }

            Flush();
        }
    }

    private void Flush()
    {
        while (_sent.TryGetSlot(_device.Mtu + 64, out var slot)
            && _device.TryTransmit(Clock.Now, slot, out var length, out var destination, out var ecn))
        {
            _sent.Commit(length, destination, ecn);
        }

        _transport.Send(_sent);
        _sent.Clear();
    }
}
