using System.Buffers;

namespace Onetun.NetStack;

/// <summary>
/// Delivers what we send to our own addresses. Two ends of a connection that are both ours could go on exchanging for as long as
/// their buffers have something, which the driver's lock is held for: after some packets the others have their turn, and more
/// follow when <see cref="TryTransmit"/> has nothing left for others and is asked again, for which there is a deadline.
/// </summary>
public sealed partial class IpStack
{
    /// <summary>Packets delivered until <see cref="TryTransmit"/> returns false: a fraction of a millisecond's work.</summary>
    internal const int LoopbackQuantum = 64;

    /// <summary>The least by which time moves on: no deadline that has passed is left when all output is taken.</summary>
    private static readonly TimeSpan Moment = TimeSpan.FromTicks(1);

    private readonly Loopback _loopback;
    private int _loopbackLeft = LoopbackQuantum;
    private TimeSpan _loopbackDeadline = TimeSpan.MaxValue;

    private void DeliverToOurselves(TimeSpan now, Span<byte> buffer)
    {
        while (_loopbackLeft > 0 && TryDeliverToOurselves(now, buffer))
        {
            _loopbackLeft--;
        }

        _loopbackDeadline = _loopback.IsEmpty ? TimeSpan.MaxValue : now + Moment;
    }

    private bool TryDeliverToOurselves(TimeSpan now, Span<byte> buffer)
    {
        if (_loopback.TryTake(out var packet, out var length))
        {
            Take(now, packet.AsSpan(0, length), isOurs: true);
            ArrayPool<byte>.Shared.Return(packet);
        }
        else if (TryTransmitToOurselves(now, buffer, out length))
        {
            Take(now, buffer[..length], isOurs: true);
        }
        else
        {
            return false;
        }

        Statistics.PacketsSent++;
        return true;
    }

    /// <summary>Neither room on a path nor its MTU matters here.</summary>
    private bool TryTransmitToOurselves(TimeSpan now, Span<byte> buffer, out int length)
    {
        var output = _loopback.Output;
        while (output.TryPeek(out var connection))
        {
            if (TryTransmitFrom(connection, now, buffer, out length))
            {
                output.OnSent();
                return true;
            }

            Settle(output.EndTurn());
        }

        length = 0;
        return false;
    }
}
