using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Onetun.Tunnel;
using Onetun.WireGuard;

namespace Onetun.Forwarder.Doctor;

/// <summary>
/// A WireGuard session with one peer, through which single packets are sent and their answers awaited: no TCP/IP stack
/// hides what happens to them. The UDP socket is connected, so that the system tells of ICMP errors.
/// </summary>
internal sealed class ProbeTunnel : IAsyncDisposable
{
    private const int LargestDatagram = 65535;

    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(100);

    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly long _started = Stopwatch.GetTimestamp();
    private readonly TaskCompletionSource<HandshakeOutcome> _handshake =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    private readonly CancellationTokenSource _ending = new();
    private readonly List<(Probe Probe, TaskCompletionSource<ProbeAnswer> Answer, TimeSpan SentAt)> _probes = [];
    private readonly Device _device;
    private readonly Endpoint _endPoint;
    private readonly Socket _socket;
    private readonly byte[] _slot;
    private readonly Task _running;
    private bool _wasBusy;
    private bool _wasForeign;

    /// <summary>Begins the handshake.</summary>
    public ProbeTunnel(TunnelOptions options, TunnelPeer peer)
    {
        var endPoint = peer.EndPoint!;
        _device = new Device(
            new DeviceOptions { PrivateKey = options.PrivateKey, Mtu = options.Mtu }, new SystemEnvironment());
        _slot = new byte[options.Mtu + 64];
        _endPoint = Endpoint.From(endPoint);
        _socket = options.Route.CreateSocket(endPoint.AddressFamily);
        try
        {
            Bind(options);
            _socket.Connect(endPoint);
        }
        catch (SocketException error)
        {
            Fail(error.SocketErrorCode);
        }

        lock (_lock)
        {
            // The keepalive is there to begin the handshake without a packet
            _device.AddPeer(Now, new PeerOptions
            {
                PublicKey = peer.PublicKey,
                PresharedKey = peer.PresharedKey,
                Endpoint = _endPoint,
                AllowedIPs = peer.AllowedIPs,
                PersistentKeepalive = 25,
            });
            Flush();
        }

        _running = Task.WhenAll(ReceiveAsync(), TickAsync());
    }

    private TimeSpan Now => Stopwatch.GetElapsedTime(_started);

    /// <summary>What becomes of the handshake; silence once patience is at its end.</summary>
    public async Task<HandshakeOutcome> ShakeHandsAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        try
        {
            return await _handshake.Task.WaitAsync(patience, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            return new HandshakeOutcome(HandshakeEnding.Silent, patience, _wasBusy, _wasForeign);
        }
    }

    /// <summary>Sends a packet each second until it is answered; null when patience is at its end.</summary>
    public async Task<ProbeAnswer?> ProbeAsync(Probe probe, TimeSpan patience, CancellationToken cancellationToken)
    {
        var answer = new TaskCompletionSource<ProbeAnswer>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            _probes.Add((probe, answer, Now));
        }

        for (var left = patience; left > TimeSpan.Zero; left -= RetryInterval)
        {
            Send(probe.Packet);
            try
            {
                var wait = left < RetryInterval ? left : RetryInterval;
                return await answer.Task.WaitAsync(wait, cancellationToken).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                // And again: one packet may be lost
            }
        }

        return null;
    }

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _socket.Dispose();
        lock (_lock)
        {
            _device.Dispose();
        }

        _ending.Dispose();
    }

    /// <summary>To the port that the configuration names, unless it is taken: a running process may have it.</summary>
    private void Bind(TunnelOptions options)
    {
        if (options.BindEndPoint is not { } bind)
        {
            return;
        }

        // Of the one IP version it takes, where the configuration takes both
        var isV4 = bind.Address.Equals(IPAddress.IPv6Any) && _socket.AddressFamily == AddressFamily.InterNetwork;
        var address = isV4 ? IPAddress.Any : bind.Address;
        try
        {
            _socket.Bind(new IPEndPoint(address, bind.Port));
        }
        catch (SocketException error) when (error.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            _socket.Bind(new IPEndPoint(address, 0));
        }
    }

    private async Task ReceiveAsync()
    {
        var buffer = new byte[LargestDatagram];
        while (!_ending.IsCancellationRequested)
        {
            try
            {
                var length = await _socket.ReceiveAsync(buffer, _ending.Token).ConfigureAwait(false);
                lock (_lock)
                {
                    Receive(buffer.AsSpan(0, length));
                    Flush();
                }
            }
            catch (SocketException error)
            {
                Fail(error.SocketErrorCode);
                await Task.Delay(Tick, _ending.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task TickAsync()
    {
        using var timer = new PeriodicTimer(Tick);
        while (await timer.WaitForNextTickAsync(_ending.Token).ConfigureAwait(false))
        {
            lock (_lock)
            {
                _device.OnTimeout(Now);
                Flush();
            }
        }
    }

    private void Receive(Span<byte> datagram)
    {
        var received = _device.Receive(Now, datagram, _endPoint);
        switch (received.Outcome)
        {
            case ReceiveOutcome.HandshakeResponse or ReceiveOutcome.HandshakeInitiation:
                End(HandshakeEnding.Answered);
                break;
            case ReceiveOutcome.InvalidHandshake:
                End(HandshakeEnding.PresharedKeysDiffer);
                break;
            case ReceiveOutcome.CookieReply:
                _wasBusy = true;
                break;
            case ReceiveOutcome.UnknownMessage:
                _wasForeign = true;
                break;
            case ReceiveOutcome.Packet:
                Answer(datagram.Slice(received.Offset, received.Length));
                break;
        }
    }

    private void Answer(ReadOnlySpan<byte> packet)
    {
        foreach (var (probe, answer, sentAt) in _probes)
        {
            if (probe.TryRead(packet, out var result, out var from))
            {
                if (result == ProbeResult.Answered && probe.Farewell is { } farewell)
                {
                    Seal(farewell);
                }

                answer.TrySetResult(new ProbeAnswer(result, from, Now - sentAt));
                return;
            }
        }
    }

    private void Send(byte[] packet)
    {
        lock (_lock)
        {
            Seal(packet);
            Flush();
        }
    }

    private void Seal(byte[] packet)
    {
        packet.CopyTo(_slot.AsSpan(Device.HeaderLength));
        if (_device.Send(Now, _slot, packet.Length, out var length, out _, out _) == SendOutcome.Sealed)
        {
            Transmit(length);
        }
    }

    private void Flush()
    {
        while (_device.TryTransmit(Now, _slot, out var length, out _, out _))
        {
            Transmit(length);
        }
    }

    private void Transmit(int length)
    {
        try
        {
            _socket.Send(_slot.AsSpan(0, length));
        }
        catch (SocketException error)
        {
            Fail(error.SocketErrorCode);
        }
    }

    private void Fail(SocketError error)
    {
        switch (error)
        {
            case SocketError.ConnectionRefused or SocketError.ConnectionReset:
                End(HandshakeEnding.Refused, error);
                break;
            case SocketError.MessageSize or SocketError.NoBufferSpaceAvailable or SocketError.NotConnected:
                // Too long for the way, which shows when nothing comes back; or told already.
                break;
            default:
                End(HandshakeEnding.NotSent, error);
                break;
        }
    }

    private void End(HandshakeEnding ending, SocketError? error = null) =>
        _handshake.TrySetResult(new HandshakeOutcome(ending, Now, _wasBusy, _wasForeign, error));

    private sealed class SystemEnvironment : IEnvironment
    {
        public DateTime UtcNow => DateTime.UtcNow;

        public void Fill(Span<byte> buffer) => SystemRandom.Fill(buffer);
    }
}
