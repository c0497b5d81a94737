namespace Onetun.NetStack;

/// <summary>Listening ports, and segments of no connection (RFC 9293 §3.10.7.1 and §3.10.7.2).</summary>
public sealed partial class IpStack
{
    private readonly ListenPorts<ListenQueue> _listeners = new();

    /// <summary>Passive open of a port, 0 for any free one, of one or all addresses; null if it is in use.</summary>
    internal ListenQueue? Listen(int port, IpAddress address = default, int? backlog = null) =>
        _listeners.Bind(address, port, end => new ListenQueue(end, backlog ?? Options.Tcp.Backlog));

    internal void StopListening(ListenQueue queue)
    {
        _listeners.Remove(queue.End);
        foreach (var connection in queue.Close())
        {
            connection.Listener = null;
            connection.Abort();
        }
    }

    /// <summary>Closes all ports, ends all echo requests, and has the owners close their connections; returns the signals of waiters.</summary>
    internal List<Signal?> CloseAll(TimeSpan now)
    {
        var waiting = ClosePorts();
        foreach (var connection in _connections.Values)
        {
            connection.Owner?.Close(now);
        }

        return waiting;
    }

    /// <summary>Closes all ports, ends all echo requests, and aborts all connections; returns the signals of waiters.</summary>
    internal List<Signal?> AbortAll()
    {
        var waiting = ClosePorts();
        foreach (var connection in _connections.Values)
        {
            connection.Leave();
        }

        return waiting;
    }

    /// <summary>A segment of no connection arrived.</summary>
    /// <param name="now">The current time.</param>
    /// <param name="segment">The segment.</param>
    /// <param name="above">The last sequence number of a connection in TIME-WAIT that it replaces.</param>
    private PacketOutcome OnSegmentInListen(TimeSpan now, in TcpSegment segment, uint? above = null)
    {
        if (!_listeners.TryFind(segment.Flow.Local, segment.Flow.LocalPort, out var queue))
        {
            _replies.Refuse(now, segment); // CLOSED
            return PacketOutcome.NoConnection;
        }

        if (segment.Has(TcpFlags.Rst))
        {
            return PacketOutcome.NoConnection; // First
        }

        if (segment.Has(TcpFlags.Ack)) // Second
        {
            if (!segment.Has(TcpFlags.Syn) && _cookies.TryRead(now, segment, out var options))
            {
                return OnCookie(now, segment, options, queue);
            }

            _replies.Refuse(now, segment);
            return PacketOutcome.NoConnection;
        }

        return (segment.Flags & (TcpFlags.Syn | TcpFlags.Fin)) == TcpFlags.Syn
            ? OnSyn(now, segment, queue, above) // Third
            : PacketOutcome.NoConnection; // Fourth
    }

    private PacketOutcome OnSyn(TimeSpan now, in TcpSegment syn, ListenQueue queue, uint? above)
    {
        if (queue.IsFull || _connections.Count >= Options.Tcp.MaxConnections)
        {
            return PacketOutcome.Refused;
        }

        if (queue.IsHalfOpenFull)
        {
            return _replies.TryAnswer(now, syn, _cookies) ? PacketOutcome.ControlSegment : PacketOutcome.Refused;
        }

        var (sequence, stamp) = _secret.Initial(now, syn.Flow);
        if (above is { } last && (int)(sequence - last) <= 0)
        {
            sequence = last + 1; // RFC 9293 §3.10.7.4: a fast connection may outrun the clock (RFC 1122 §4.2.2.13)
        }

        Add(TcpConnection.Accept(now, _settings, syn, sequence, stamp), queue);
        return PacketOutcome.ControlSegment;
    }

    /// <summary>The last segment of a handshake with a SYN cookie arrived: the SYN is reconstructed.</summary>
    private PacketOutcome OnCookie(TimeSpan now, in TcpSegment segment, in TcpHeaderOptions options, ListenQueue queue)
    {
        if (queue.IsFull || _connections.Count >= Options.Tcp.MaxConnections)
        {
            return PacketOutcome.Refused; // The peer's data will bring it again
        }

        var syn = new TcpSegment
        {
            Flow = segment.Flow,
            Sequence = segment.Sequence - 1,
            Flags = TcpFlags.Syn,
            Window = segment.Window,
            Options = options,
        };
        var connection = TcpConnection.Restore(
            now, _settings, syn, segment.Acknowledgment - 1, _secret.Initial(now, segment.Flow).StampOffset);
        Add(connection, queue);
        Deliver(now, connection, segment);
        return PacketOutcome.ControlSegment;
    }

    private void Add(TcpConnection connection, ListenQueue queue)
    {
        connection.Listener = queue;
        queue.Add(connection);
        Add(connection);
    }

    private List<Signal?> ClosePorts()
    {
        _pings.EndAll();
        var waiting = Udp.CloseAll();
        foreach (var queue in _listeners.All.ToArray())
        {
            StopListening(queue);
            waiting.Add(queue.Signal);
        }

        return waiting;
    }
}
