using System.Net;
using System.Net.Sockets;

namespace Onetun.Tunnel;

/// <summary>
/// A transport that can go on from another port. A router or firewall on the way may hold a wrong state for the old one, and
/// keep it for as long as the port is used: Linux remembers for 30 s after every datagram that a port led nowhere.
/// </summary>
internal sealed class MovableUdpTransport : IUdpTransport
{
    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(1);

    private readonly IPEndPoint _bind;
    private readonly Func<IPEndPoint, IUdpTransport> _open;
    private readonly object _moving = new(); // Not a Lock: it is waited on
    private volatile IUdpTransport _current;
    private UdpStatistics _left; // What the earlier sockets did
    private long _sent;
    private volatile bool _disposed;

    /// <summary>Binds the first socket.</summary>
    /// <param name="bind">Where; port 0 is any, and another at each move.</param>
    /// <param name="open">Binds a socket.</param>
    /// <exception cref="SocketException">It cannot be bound.</exception>
    public MovableUdpTransport(IPEndPoint bind, Func<IPEndPoint, IUdpTransport> open)
    {
        _bind = bind;
        _open = open;
        _current = open(bind);
    }

    public IPEndPoint LocalEndPoint => _current.LocalEndPoint;

    /// <summary>How the socket in use is set up, and what all of them did.</summary>
    public UdpStatistics Statistics
    {
        get
        {
            lock (_moving)
            {
                var current = _current.Statistics;
                return current with { Received = _left.Received + current.Received, Sent = _left.Sent + current.Sent };
            }
        }
    }

    /// <summary>
    /// Goes on from a new port. A port that was asked for is kept, as others may know it: it gets a new socket, once nothing
    /// has left the old one since the last call. False if all stays as it is.
    /// </summary>
    public bool TryMove() => TryMove(isLost: false);

    /// <summary>
    /// Goes on with a new socket, on the port that was asked for if there was one: what the old one was bound to is gone.
    /// </summary>
    public void Renew() => TryMove(isLost: true);

    public ReceiveBatch CreateReceiveBatch() => _current.CreateReceiveBatch();

    public Poller? CreatePoller() => _current.CreatePoller();

    public bool IsDisposed => _disposed;

    public int Receive(ReceiveBatch batch, Poller? poller = null)
    {
        while (true)
        {
            var current = _current;
            var count = current.Receive(batch, poller);
            if (count > 0 || !current.IsDisposed || !TryGoOn(current) || (poller is not null && current == _current))
            {
                return count;
            }
        }
    }

    public int TryReceive(ReceiveBatch batch) => _current.TryReceive(batch);

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

    private bool TryMove(bool isLost)
    {
        lock (_moving)
        {
            var left = _current;
            // A port that was asked for can have only one socket at a time: whoever receives opens the next
            if (_disposed || !(_bind.Port == 0 ? TryReplace() : isLost || IsStuck()))
            {
                return false;
            }

            left.Dispose();
            return true;
        }
    }

    private bool IsStuck()
    {
        var before = _sent;
        _sent = _current.Statistics.Sent.Datagrams;
        return _sent == before;
    }

    /// <summary>Goes on with another socket, or waits a while for one; false once disposed.</summary>
    private bool TryGoOn(IUdpTransport ended)
    {
        lock (_moving)
        {
            if (!_disposed && ended == _current && !TryReplace())
            {
                Monitor.Wait(_moving, RetryInterval);
            }

            return !_disposed;
        }
    }

    private bool TryReplace()
    {
        try
        {
            var next = _open(_bind);
            _left = Statistics;
            _current = next;
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
