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
    private readonly object _moving = new(); // not a Lock: it is waited on
    private volatile IUdpTransport _current;
    private long _sent;
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
    /// Goes on from a new port. A port that was asked for is kept, as others may know it: it gets a new socket, once nothing
    /// has left the old one since the last call. False if all stays as it is.
    /// </summary>
    public bool TryMove()
    {
        lock (_moving)
        {
            var isFree = _bind.Port == 0;
            if (_disposed || (!isFree && !IsStuck()))
            {
                return false;
            }

            var left = _current;
            if (!isFree)
            {
                left.Dispose(); // .. first: a port has one socket
            }

            if (TryCreate() is not { } next)
            {
                return false;
            }

            _current = next;
            left.Dispose();
            Monitor.PulseAll(_moving);
            return true;
        }
    }

    public ReceiveBatch CreateReceiveBatch() => _current.CreateReceiveBatch();

    public int Receive(ReceiveBatch batch)
    {
        while (true)
        {
            var current = _current;
            var count = current.Receive(batch);
            if (count > 0 || !WaitForSuccessor(current))
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
            Monitor.PulseAll(_moving);
        }

        _current.Dispose();
    }

    private bool IsStuck()
    {
        var before = _sent;
        _sent = _current.Statistics.Sent.Datagrams;
        return _sent == before;
    }

    /// <summary>False once there will be none.</summary>
    private bool WaitForSuccessor(IUdpTransport ended)
    {
        lock (_moving)
        {
            while (!_disposed && ended == _current)
            {
                Monitor.Wait(_moving);
            }

            return !_disposed;
        }
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
