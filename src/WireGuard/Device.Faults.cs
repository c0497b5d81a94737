using System.Diagnostics.CodeAnalysis;

namespace Onetun.WireGuard;

/// <summary>
/// Where a fault in this code stops. Whatever is thrown while a peer is served makes that peer begin anew; whatever else a
/// datagram makes throw ends that datagram. Nobody who finds a fault can end the others' sessions with it.
/// </summary>
public sealed partial class Device
{
    /// <summary>Takes the oldest fault not yet taken. At most 16 wait; more are forgotten.</summary>
    public bool TryTakeFault([NotNullWhen(true)] out DeviceFault? fault) => _state.Faults.TryTake(out fault);

    private ReceiveResult Open(TimeSpan now, Peer peer, Session session, Span<byte> datagram, in UdpEndPoint source, EcnField ecn)
    {
        try
        {
            return peer.Receive(now, session, datagram, source, ecn);
        }
        catch (Exception fault)
        {
            _state.Faults.Break(now, peer, fault);
            return new ReceiveResult(DatagramOutcome.Fault);
        }
    }

    private SendOutcome Seal(TimeSpan now, Peer peer, Span<byte> slot, int packetLength, out int datagramLength, out EcnField ecn)
    {
        try
        {
            return peer.Send(now, slot, packetLength, out datagramLength, out ecn);
        }
        catch (Exception fault)
        {
            _state.Faults.Break(now, peer, fault);
            datagramLength = 0;
            ecn = default;
            return SendOutcome.Fault;
        }
    }

    private void Expire(TimeSpan now, Peer peer)
    {
        try
        {
            peer.OnTimeout(now);
        }
        catch (Exception fault)
        {
            _state.Faults.Break(now, peer, fault);
        }
    }

    private bool TryHandleQueued(TimeSpan now, out ReceiveResult received)
    {
        try
        {
            return _handshakes.TryHandleQueued(now, out received);
        }
        catch (Exception fault)
        {
            _state.Faults.Add("a handshake message that waited", fault);
            received = new ReceiveResult(DatagramOutcome.Fault);
            return true;
        }
    }
}
