using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;

namespace Onetun.Tunnel;

/// <summary>
/// UDP by recvmmsg(2) and sendmmsg(2) with the kernel's segmentation offloads, on the descriptor of a
/// <see cref="Socket"/>, which has to stay in blocking mode if a receive is to wait.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed class LinuxUdpTransport : IUdpTransport
{
    // Below 5.12 the kernel may hand a train to a socket with a wrong segment size; wireguard-go draws the same line.
    private static readonly Version GroKernel = new(5, 12);

    private readonly Socket _socket;
    private readonly SafeSocketHandle _handle;
    private readonly int _descriptor;
    private readonly LinuxUdpReceiver _receiver;
    private readonly LinuxUdpSender _sender;
    private readonly UdpStatistics _setup;
    private bool _isBusy;
    private volatile bool _disposed;

    /// <summary>Takes over a bound socket.</summary>
    public LinuxUdpTransport(Socket socket, UdpTransportOptions options)
    {
        _socket = socket;
        _handle = socket.SafeHandle;
        _descriptor = (int)_handle.DangerousGetHandle();
        LocalEndPoint = (IPEndPoint)socket.LocalEndPoint!;
        SetOption(Libc.SolSocket, Libc.SoReceiveBufferForce, options.SocketBuffer);
        SetOption(Libc.SolSocket, Libc.SoSendBufferForce, options.SocketBuffer);
        var coalescing = options.Offload && TryEnableGro();
        var segmentation = options.Offload && TryGetOption(Libc.SolUdp, Libc.UdpSegment, out _);
        var ipv6 = socket.AddressFamily == AddressFamily.InterNetworkV6;
        ReceiveDestination(ipv6);
        ReceiveEcn(ipv6);
        _receiver = new LinuxUdpReceiver(ipv6, coalescing, options.MaxDatagram, options.MostMessages);
        _sender = new LinuxUdpSender(ipv6, segmentation, options.WaitsForRoom, options.MostMessages);
        _setup = new UdpStatistics
        {
            ReceiveBuffer = socket.ReceiveBufferSize,
            SendBuffer = socket.SendBufferSize,
            ReceiveOffload = coalescing,
        };
    }

    public IPEndPoint LocalEndPoint { get; }

    public UdpStatistics Statistics => _setup with
    {
        Received = _receiver.Counters,
        Sent = _sender.Counters,
        SendOffload = _sender.Segmentation,
    };

    public ReceiveBatch CreateReceiveBatch() => _receiver.CreateBatch();

    public Poller? CreatePoller() => Poller.TryCreate();

    public bool IsDisposed => _disposed;

    public int Receive(ReceiveBatch batch, Poller? poller = null)
    {
        ArgumentNullException.ThrowIfNull(batch);
        batch.Clear();
        if (!TryHold())
        {
            return 0;
        }
        try
        {
            var pause = new FailurePause();
            var heard = Poller.Heard.Datagrams;
            var isBusy = _isBusy;
            while (batch.Count == 0 && !_disposed && (heard & Poller.Heard.Other) == 0)
            {
                heard = poller?.Wait(_descriptor, isBusy) ?? heard;
                isBusy = false;
                if ((heard & Poller.Heard.Datagrams) != 0)
                {
                    var errno = _receiver.TryReceive(_descriptor, batch, wait: poller is null);
                    pause.After(failed: errno is not (0 or Errno.Again));
                }
            }
        }
        finally
        {
            _handle.DangerousRelease();
        }
        _isBusy = batch.IsBusy;
        return batch.Count;
    }

    public int TryReceive(ReceiveBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        batch.Clear();
        if (TryHold())
        {
            _receiver.TryReceive(_descriptor, batch, wait: false);
            _handle.DangerousRelease();
        }
        return batch.Count;
    }

    public void Send(DatagramBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        if (!TryHold())
        {
            return;
        }
        try
        {
            _sender.Send(_descriptor, batch);
        }
        finally
        {
            _handle.DangerousRelease();
        }
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, true))
        {
            return;
        }
        // Answers ENOTCONN on an unconnected socket, and yet wakes its blocked receive and ends every later one.
        Libc.Shutdown(_descriptor, Libc.ShutdownBoth);
        _socket.Dispose();
    }

    /// <summary>Between this and the release, the descriptor cannot be closed, nor its number be reused.</summary>
    private bool TryHold()
    {
        var held = false;
        try
        {
            _handle.DangerousAddRef(ref held);
        }
        catch (ObjectDisposedException)
        {
            // Disposed: nothing is received or sent any more.
        }
        return held;
    }

    private bool TryEnableGro()
    {
        if (Environment.OSVersion.Version < GroKernel)
        {
            return false;
        }
        SetOption(Libc.SolUdp, Libc.UdpGro, 1);
        return TryGetOption(Libc.SolUdp, Libc.UdpGro, out var value) && value == 1;
    }

    /// <summary>
    /// Has the system tell which address of ours a datagram came to, unless it is the one that the socket is bound to, which
    /// everything it sends leaves from. An IPv6 socket is told of IPv4 datagrams too, with addresses in mapped form.
    /// </summary>
    private void ReceiveDestination(bool ipv6)
    {
        if (!LocalEndPoint.Address.Equals(IPAddress.Any) && !LocalEndPoint.Address.Equals(IPAddress.IPv6Any))
        {
            return;
        }
        try
        {
            _socket.SetSocketOption(ipv6 ? SocketOptionLevel.IPv6 : SocketOptionLevel.IP, SocketOptionName.PacketInformation, true);
        }
        catch (SocketException)
        {
            // Then the system chooses where an answer leaves from
        }
    }

    /// <summary>
    /// Has the system report the ECN field of what comes. For IPv4 datagrams on an IPv6 socket that takes the option of IPv4.
    /// </summary>
    private void ReceiveEcn(bool ipv6)
    {
        SetOption(Libc.SolIP, Libc.IPReceiveTos, 1);
        if (ipv6)
        {
            SetOption(Libc.SolIPv6, Libc.IPv6ReceiveTrafficClass, 1);
        }
    }

    /// <summary>It may fail: the caller reads back what matters.</summary>
    private void SetOption(int level, int option, int value) =>
        Libc.SetOption(_descriptor, level, option, value, sizeof(int));

    private bool TryGetOption(int level, int option, out int value)
    {
        uint length = sizeof(int);
        return Libc.GetOption(_descriptor, level, option, out value, ref length) == 0;
    }
}
