using System.Diagnostics.CodeAnalysis;

namespace Onetun.NetStack;

/// <summary>
/// The connections of a stack that may have output, or new deadlines, served in turn. A connection queues itself whenever
/// something is done to it, so that no caller can forget to.
/// </summary>
internal sealed class OutputQueue
{
    /// <summary>The segments that a connection may send in its turn: as many as one send with UDP_SEGMENT holds.</summary>
    private const int Quantum = 44;

    private readonly Queue<TcpConnection> _connections = new();
    private int _quantum = Quantum;

    public bool IsEmpty => _connections.Count == 0;

    /// <summary>Queues a connection, unless it is queued already.</summary>
    public void Add(TcpConnection connection)
    {
        if (!connection.IsQueuedForOutput)
        {
            connection.IsQueuedForOutput = true;
            _connections.Enqueue(connection);
        }
    }

    /// <summary>The connection whose turn it is, if there is one.</summary>
    public bool TryPeek([NotNullWhen(true)] out TcpConnection? connection) => _connections.TryPeek(out connection);

    /// <summary>
    /// The connection whose turn it is sent a segment; when its quantum is used up, it goes to the end of the queue.
    /// </summary>
    public void OnSent()
    {
        if (--_quantum == 0)
        {
            Add(EndTurn());
        }
    }

    /// <summary>The connection whose turn it is has nothing more to send.</summary>
    public TcpConnection EndTurn()
    {
        _quantum = Quantum;
        var connection = _connections.Dequeue();
        connection.IsQueuedForOutput = false;
        return connection;
    }
}
