namespace Onetun.NetStack;

/// <summary>LISTEN on a port: the half-open connections, and those waiting to be accepted.</summary>
internal sealed class ListenQueue(ListenEnd end, int backlog)
{
    private readonly Queue<TcpConnection> _established = new();
    private readonly HashSet<TcpConnection> _halfOpen = [];

    public ListenEnd End => end;

    /// <summary>Wakes whoever waits to accept.</summary>
    public Signal? Signal { get; set; }

    /// <summary>No more connections will come.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>The backlog of connections waiting to be accepted is full.</summary>
    public bool IsFull => _established.Count >= backlog;

    /// <summary>The backlog of half-open connections is full.</summary>
    public bool IsHalfOpenFull => _halfOpen.Count >= backlog;

    public void Add(TcpConnection connection) => _halfOpen.Add(connection);

    /// <summary>The handshake of a connection is complete, or has failed.</summary>
    public void OnEvents(TcpConnection connection, TcpEvents events)
    {
        if (_halfOpen.Remove(connection) && events.HasFlag(TcpEvents.Connected))
        {
            _established.Enqueue(connection);
        }
    }

    public bool TryAccept(out TcpConnection connection)
    {
        if (!_established.TryDequeue(out connection!))
        {
            return false;
        }

        connection.Listener = null;
        return true;
    }

    /// <summary>Closes the queue; returns every connection that was not accepted.</summary>
    public IEnumerable<TcpConnection> Close()
    {
        IsClosed = true;
        TcpConnection[] all = [.. _halfOpen, .. _established];
        _halfOpen.Clear();
        _established.Clear();
        return all;
    }
}
