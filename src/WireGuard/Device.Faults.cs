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

    private static Arrival Find(TimeSpan now, Session session, ulong counter)
    {
        try
        {
            return session.Find(now, counter);
        }
        catch (Exception fault)
        {
            return new Arrival(session, DatagramOutcome.Fault, fault);
        }
    }

    private ReceiveResult Take(
        TimeSpan now, Session session, in Arrival arrival, Span<byte> datagram, in UdpEndPoint source, EcnField ecn)
    {
        var fault = arrival.Fault;
        try
        {
            if (fault is null)
            {
                return session.Peer.Receive(now, session, arrival, datagram, source, ecn);
            }
        }
        catch (Exception thrown)
        {
            fault = thrown;
        }

        _state.Faults.Break(now, session.Peer, fault);
        return new ReceiveResult(DatagramOutcome.Fault);
    }

    /// <summary>To be called when <see cref="Departure.Seal"/> has thrown, which is a fault of its peer's session.</summary>
    public void OnSealingFailed(TimeSpan now, in Departure departure, Exception fault)
    {
        if (departure.Peer is { } peer && _peers.Find(peer.PublicKey) == peer)
        {
            _state.Faults.Break(_state.Advance(now), peer, fault);
        }
    }

    private SendOutcome Depart(TimeSpan now, Peer peer, Span<byte> slot, int packetLength, out Departure departure)
    {
        try
        {
            return peer.Send(now, slot, packetLength, out departure);
        }
        catch (Exception fault)
        {
            _state.Faults.Break(now, peer, fault);
            departure = default;
            return SendOutcome.Fault;
        }
    }

    private bool TrySeal(TimeSpan now, in Departure departure, Span<byte> datagram)
    {
        try
        {
            departure.Seal(datagram);
            return true;
        }
        catch (Exception fault)
        {
            OnSealingFailed(now, departure, fault);
            return false;
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
