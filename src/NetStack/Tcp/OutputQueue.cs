using System.Diagnostics.CodeAnalysis;

namespace Onetun.NetStack;

/// <summary>
/// The connections of a stack that are to be asked for output, and their deadlines looked at, each in its turn. A connection
/// joins by itself whenever something is done to it: nobody who does it can forget to.
/// </summary>
internal sealed class OutputQueue
{
    private readonly Queue<TcpConnection> _connections = new();

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

    /// <summary>The turn is over.</summary>
    public void Dequeue() => _connections.Dequeue().IsQueuedForOutput = false;
}
