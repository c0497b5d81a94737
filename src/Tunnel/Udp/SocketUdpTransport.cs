using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;

namespace Onetun.Tunnel;

/// <summary>
/// UDP by <see cref="Socket"/> alone, for every system: one call per datagram, which by way of <see cref="SocketAddress"/> does
/// not allocate. <see cref="Socket"/> does not expose the ECN field of a datagram: all leave as Not-ECT, so that routers drop
/// where they could mark (RFC 6040 §4.1, compatibility mode), and all that come count as Not-ECT, marked or not.
/// </summary>
internal sealed class SocketUdpTransport : IUdpTransport
{
    private const int MaxDatagrams = 32;
    private const int SendPatienceMilliseconds = 40;

    private readonly Socket _socket;
    private readonly bool _ipv6;
    private readonly int _maxDatagram;
    private readonly int _mostDatagrams;
    private readonly SocketAddress _source;
    private readonly SocketAddress _destination;
    private readonly Action<SocketError>? _failed;
    private readonly UdpStatistics _setup;
    private UdpReceiveCounters _received;
    private UdpSendCounters _sent;
    private volatile bool _disposed;

    /// <summary>Takes over a socket that is bound, or connected to the only endpoint that it talks to.</summary>
    public SocketUdpTransport(Socket socket, UdpTransportOptions options)
    {
        _socket = socket;
        _ipv6 = socket.AddressFamily == AddressFamily.InterNetworkV6;
        _maxDatagram = options.MaxDatagram;
        _mostDatagrams = Math.Min(MaxDatagrams, options.MostMessages);
        _failed = options.Failed;
        _source = new SocketAddress(socket.AddressFamily);
        _destination = new SocketAddress(socket.AddressFamily);
        // A full socket buffer holds up the whole tunnel: bounded patience, as on Linux
        socket.SendTimeout = SendPatienceMilliseconds;
        LocalEndPoint = (IPEndPoint)socket.LocalEndPoint!;
        if (OperatingSystem.IsWindows() && !socket.Connected)
        {
            IgnorePortUnreachable(socket);
        }
        _setup = new UdpStatistics { ReceiveBuffer = socket.ReceiveBufferSize, SendBuffer = socket.SendBufferSize };
    }

    public IPEndPoint LocalEndPoint { get; }

    public UdpStatistics Statistics => _setup with { Received = _received, Sent = _sent };

    /// <summary>One byte longer than a datagram may be: if that byte is filled, the datagram was longer.</summary>
    public ReceiveBatch CreateReceiveBatch() => new(_mostDatagrams, _maxDatagram + 1, _mostDatagrams);

    public Poller? CreatePoller() => null;

    public bool IsDisposed => _disposed;

    public int Receive(ReceiveBatch batch, Poller? poller = null)
    {
        ArgumentNullException.ThrowIfNull(batch);
        batch.Clear();
        var pause = new FailurePause();
        while (!_disposed && batch.Count < batch.Slots && (batch.Count == 0 || IsReadable()))
        {
            pause.After(failed: !TryReceiveOne(batch));
        }
        return _disposed ? 0 : batch.Count;
    }

    public int TryReceive(ReceiveBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        batch.Clear();
        while (!_disposed && batch.Count < batch.Slots && IsReadable() && TryReceiveOne(batch))
        {
        }
        return _disposed ? 0 : batch.Count;
    }

    public void Send(DatagramBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        for (var i = 0; i < batch.Count && !_disposed; i++)
        {
            if (SocketAddressBytes.TryWrite(_destination.Buffer.Span, _ipv6, batch.EndPointOf(i)))
            {
                Send(batch[i]);
            }
            else
            {
                _sent.Fail(UdpSendFailure.Unreachable, 1);
            }
        }
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, true))
        {
            return;
        }
        WakeReceiver();
        _socket.Dispose();
    }

    private bool IsReadable()
    {
        try
        {
            return _socket.Poll(0, SelectMode.SelectRead); // Available is 0 for an empty datagram too
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return false;
        }
    }

    private bool TryReceiveOne(ReceiveBatch batch)
    {
        try
        {
            _received.SystemCalls++;
            var length = _socket.ReceiveFrom(batch.Slot(batch.Count), SocketFlags.None, _source);
            if (length > _maxDatagram)
            {
                _received.Truncated++;
                return true;
            }
            batch.Add(batch.Count, length, 0, SocketAddressBytes.Read(_source.Buffer.Span, _ipv6));
            _received.Datagrams++;
            _received.Bytes += length;
            return true;
        }
        catch (SocketException e)
        {
            Count(e.SocketErrorCode);
        }
        catch (ObjectDisposedException)
        {
            // The loop notices
        }
        return false;
    }

    private void Count(SocketError error)
    {
        switch (error)
        {
            case SocketError.MessageSize:
                _received.Truncated++;
                break;
            case SocketError.ConnectionReset or SocketError.ConnectionRefused or SocketError.NetworkReset
                or SocketError.HostUnreachable or SocketError.NetworkUnreachable or SocketError.HostDown:
                _received.IcmpErrors++;
                break;
            default:
                _received.OtherErrors += _disposed ? 0 : 1;
                break;
        }
        Tell(error);
    }

    private void Send(ReadOnlySpan<byte> datagram)
    {
        try
        {
            _sent.SystemCalls++;
            if (_socket.Connected)
            {
                _socket.Send(datagram);
            }
            else
            {
                _socket.SendTo(datagram, SocketFlags.None, _destination);
            }
            _sent.Datagrams++;
            _sent.Bytes += datagram.Length;
        }
        catch (SocketException e)
        {
            _sent.Fail(Classify(e.SocketErrorCode), 1);
            Tell(e.SocketErrorCode);
        }
        catch (ObjectDisposedException)
        {
            // The loop notices
        }
    }

    private void Tell(SocketError error)
    {
        if (!_disposed && Classify(error) is not (UdpSendFailure.Congested or UdpSendFailure.TooLarge))
        {
            _failed?.Invoke(error);
        }
    }

    private static UdpSendFailure Classify(SocketError error) => error switch
    {
        SocketError.NoBufferSpaceAvailable or SocketError.WouldBlock or SocketError.TimedOut =>
            UdpSendFailure.Congested,
        SocketError.HostUnreachable or SocketError.NetworkUnreachable or SocketError.HostDown
            or SocketError.NetworkDown or SocketError.AddressNotAvailable or SocketError.AddressFamilyNotSupported
            or SocketError.ConnectionRefused or SocketError.ConnectionReset => UdpSendFailure.Unreachable,
        SocketError.MessageSize => UdpSendFailure.TooLarge,
        SocketError.AccessDenied => UdpSendFailure.Forbidden,
        _ => UdpSendFailure.Other,
    };

    /// <summary>
    /// On macOS, closing a socket does not end its blocked receive: a shutdown does if it is connected, otherwise a datagram to
    /// ourselves.
    /// </summary>
    private void WakeReceiver()
    {
        var loopback = _ipv6 ? IPAddress.IPv6Loopback : IPAddress.Loopback;
        var any = LocalEndPoint.Address.Equals(_ipv6 ? IPAddress.IPv6Any : IPAddress.Any);
        try
        {
            if (_socket.Connected)
            {
                _socket.Shutdown(SocketShutdown.Both);
                return;
            }
            _socket.SendTo([], SocketFlags.None, any ? new IPEndPoint(loopback, LocalEndPoint.Port) : LocalEndPoint);
        }
        catch (SocketException)
        {
            // Then closing the socket must be enough
        }
    }

    /// <summary>Otherwise Windows ends a receive with "connection reset" for every ICMP message about a send.</summary>
    [SupportedOSPlatform("windows")]
    private static void IgnorePortUnreachable(Socket socket)
    {
        const int SioUdpConnectionReset = unchecked((int)0x9800000C);
        socket.IOControl(SioUdpConnectionReset, [0, 0, 0, 0], null);
    }
}
