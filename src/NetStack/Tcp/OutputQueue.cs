using System.Diagnostics.CodeAnalysis;

namespace Onetun.NetStack;

/// <summary>
/// The connections of a stack that are to be asked for output, and their deadlines looked at, each in its turn. A connection
/// joins by itself whenever something is done to it: nobody who does it can forget to.
/// </summary>
internal sealed class OutputQueue
{
    /// <summary>Segments a connection may send before the next has its turn: what one UDP_SEGMENT send holds.</summary>
    private const int Quantum = 44;

    private readonly Queue<TcpConnection> _connections = new();
    private int _quantum = Quantum;

    /// <summary>Lets a connection have its turn; it has one at a time.</summary>
    public void Add(TcpConnection connection)
    {
        if (!connection.IsQueuedForOutput)
        {
            connection.IsQueuedForOutput = true;
            _connections.Enqueue(connection);
        }
    }

    /// <summary>Whose turn it is.</summary>
    public bool TryPeek([NotNullWhen(true)] out TcpConnection? connection) => _connections.TryPeek(out connection);

    /// <summary>Whose turn it is has sent a segment: after so many it goes to the end of the queue.</summary>
    public void OnSent()
    {
        if (--_quantum == 0)
        {
            Add(EndTurn());
        }
    }

    /// <summary>Whose turn it is has nothing more to send, or may not.</summary>
    public TcpConnection EndTurn()
    {
        _quantum = Quantum;
        var connection = _connections.Dequeue();
        connection.IsQueuedForOutput = false;
        return connection;
    }
}
