using System.Diagnostics.CodeAnalysis;

namespace Onetun.NetStack;

/// <summary>
/// Where a fault in this code stops. Whatever is thrown while a connection is at work ends that connection, whatever else
/// is thrown by a packet ends that packet: a peer who finds a fault must not end the others' connections with it.
/// </summary>
public sealed partial class IpStack
{
    /// <summary>Faults that wait to be told; more are only counted, for a peer may repeat what it found.</summary>
    private const int MaxFaults = 16;

    private readonly Queue<StackFault> _faults = new();

    /// <summary>The next fault that nobody was told of.</summary>
    public bool TryTakeFault([NotNullWhen(true)] out StackFault? fault) => _faults.TryDequeue(out fault);

    private void Deliver(TimeSpan now, TcpConnection connection, in TcpSegment segment)
    {
        try
        {
            connection.OnSegment(now, segment);
        }
        catch (Exception fault)
        {
            Break(connection, fault);
        }
    }

    private void Deliver(TimeSpan now, TcpConnection connection, in IcmpError error) =>
        Enter(connection, (now, error), static (connection, told) =>
        {
            if (told.error.Kind == IcmpErrorKind.PacketTooBig)
            {
                connection.OnPacketTooBig(told.now, told.error.Mtu);
            }
            else if (Reason(told.error.Kind) is { } end)
            {
                connection.OnUnreachable(end);
            }
        });

    private void Narrow(TcpConnection connection, int mtu) =>
        Enter(connection, mtu, static (connection, mtu) => connection.OnPathNarrowed(mtu));

    private void Expire(TimeSpan now, TcpConnection connection) =>
        Enter(connection, now, static (connection, now) => connection.OnTimeout(now));

    /// <summary>For what is rare: segments, which nearly all packets are, are spared the call through a delegate.</summary>
    private void Enter<TEvent>(TcpConnection connection, TEvent what, Action<TcpConnection, TEvent> enter)
    {
        try
        {
            enter(connection, what);
        }
        catch (Exception fault)
        {
            Break(connection, fault);
        }
    }

    private bool TryTransmitFrom(TcpConnection connection, TimeSpan now, Span<byte> buffer, out int length)
    {
        while (true)
        {
            try
            {
                return connection.TryTransmit(now, buffer, out length);
            }
            catch (Exception fault)
            {
                Break(connection, fault); // Once more for its reset; a second fault leaves nothing to send
            }
        }
    }

    private bool TryTransmitUdp(TimeSpan now, Span<byte> buffer, out int length)
    {
        try
        {
            return Udp.TryTransmit(now, buffer, out length);
        }
        catch (Exception fault)
        {
            Udp.SkipOutput();
            Note("a datagram on its way out", fault);
            length = 0;
            return false;
        }
    }

    private void Break(TcpConnection connection, Exception fault)
    {
        Note(connection.Describe(), fault);
        connection.Break();
    }

    private void Note(string where, Exception fault)
    {
        Statistics.Faults++;
        if (_faults.Count < MaxFaults)
        {
            _faults.Enqueue(new StackFault(where, fault));
        }
    }
}
