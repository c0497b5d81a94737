using System.Net;
using System.Net.Sockets;

namespace Onetun.Tunnel;

/// <summary>
/// A transport that can go on from another port. A router or firewall on the way may have a wrong idea of the old one, and
/// keeps it for as long as the port is used: Linux remembers for 30 s after every datagram that a port led nowhere.
/// </summary>
internal sealed class MovableUdpTransport : IUdpTransport
{
    private readonly IPEndPoint _bind;
    private readonly Lock _moving = new();
    private volatile IUdpTransport _current;
    private bool _disposed;

    /// <summary>Binds the first socket.</summary>
    /// <exception cref="SocketException">It cannot be bound.</exception>
    public MovableUdpTransport(IPEndPoint bind)
    {
        _bind = bind;
        _current = UdpTransport.Create(bind);
    }

    public IPEndPoint LocalEndPoint => _current.LocalEndPoint;

    /// <summary>Of the socket in use.</summary>
    public UdpStatistics Statistics => _current.Statistics;

    /// <summary>
    /// Goes on from a new port. False if the port was asked for, as others may know it, or if there is none to be had.
    /// </summary>
    public bool TryMove()
    {
        if (_bind.Port != 0 || TryCreate() is not { } next)
        {
            return false;
        }

        IUdpTransport unused;
        lock (_moving)
        {
            (unused, _current) = _disposed ? (next, _current) : (_current, next);
        }

        unused.Dispose();
        return unused != next;
    }

    public ReceiveBatch CreateReceiveBatch() => _current.CreateReceiveBatch();

    public int Receive(ReceiveBatch batch)
    {
        while (true)
        {
            var current = _current;
            var count = current.Receive(batch);
            if (count > 0 || current == _current)
            {
                return count;
            }
        }
    }

    public void Send(DatagramBatch batch) => _current.Send(batch);

    public void Dispose()
    {
        lock (_moving)
        {
            _disposed = true;
        }

        _current.Dispose();
    }

    private IUdpTransport? TryCreate()
    {
        try
        {
            return UdpTransport.Create(_bind);
        }
        catch (SocketException)
        {
            return null;
        }
    }
}
