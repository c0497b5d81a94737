using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Onetun.Capture;
using Onetun.Tunnel;
using Onetun.WireGuard;

namespace Onetun.Forwarder.Doctor;

/// <summary>
/// A tunnel to one peer, through which single packets are sent past the TCP/IP stack and their answers awaited: nothing hides
/// what happens to them. The UDP socket is connected, so that the system reports ICMP errors.
/// </summary>
internal sealed class ProbeTunnel : IPacketTap, IAsyncDisposable
{
    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly long _started = Stopwatch.GetTimestamp();
    private readonly TaskCompletionSource<HandshakeOutcome> _handshake =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    private readonly List<(Probe Probe, TaskCompletionSource<ProbeAnswer> Answer, TimeSpan SentAt)> _probes = [];
    private readonly WireGuardTunnel? _tunnel;
    private volatile bool _wasBusy;
    private volatile bool _wasForeign;

    /// <summary>Begins the handshake.</summary>
    public ProbeTunnel(TunnelOptions options, PeerOptions peer)
    {
        var probing = options with
        {
            Peers = [peer with { PersistentKeepalive = TimeSpan.FromSeconds(25) }], // This begins the handshake without a packet
            Taps = [this],
        };
        try
        {
            _tunnel = WireGuardTunnel.Start(
                probing, BindFor(options, peer.KnownEndPoint()!), bind => Open(bind, options.Transport, peer.KnownEndPoint()!), Hear);
        }
        catch (SocketException error)
        {
            Fail(error.SocketErrorCode);
        }
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
            _tunnel?.Send(probe.Packet);
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

    /// <summary>Looks for answers.</summary>
    public void OnPacket(in TappedPacket packet)
    {
        if (packet.Direction == PacketDirection.Outbound)
        {
            return;
        }

        lock (_lock)
        {
            foreach (var (probe, answer, sentAt) in _probes)
            {
                if (probe.TryRead(packet.Bytes, out var result, out var from))
                {
                    answer.TrySetResult(new ProbeAnswer(result, from, Now - sentAt));
                    return;
                }
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_tunnel is not null)
        {
            await _tunnel.StopAsync(TimeSpan.Zero).ConfigureAwait(false);
        }
    }

    /// <summary>Of the one IP version that the peer has, where the configuration takes both.</summary>
    private static IPEndPoint BindFor(TunnelOptions options, IPEndPoint peer)
    {
        var any = peer.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any;
        return options.Transport.BindEndPoint is not { } bind ? new IPEndPoint(any, 0)
            : bind.Address.Equals(IPAddress.IPv6Any) ? new IPEndPoint(any, bind.Port)
            : bind;
    }

    private SocketUdpTransport Open(IPEndPoint bind, UdpTransportOptions options, IPEndPoint peer)
    {
        options = options with { Failed = Fail };
        var socket = Bind(bind, options);
        try
        {
            socket.Connect(peer);
            return new SocketUdpTransport(socket, options);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>To another port, where it is taken: a running process may have it.</summary>
    private static Socket Bind(IPEndPoint bind, UdpTransportOptions options)
    {
        try
        {
            return UdpTransport.Bind(bind, options);
        }
        catch (SocketException error) when (error.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            return UdpTransport.Bind(new IPEndPoint(bind.Address, 0), options);
        }
    }

    private void Hear(DatagramOutcome outcome)
    {
        switch (outcome)
        {
            case DatagramOutcome.HandshakeResponse or DatagramOutcome.HandshakeInitiation:
                End(HandshakeEnding.Answered);
                break;
            case DatagramOutcome.InvalidHandshake:
                End(HandshakeEnding.PresharedKeysDiffer);
                break;
            case DatagramOutcome.CookieReply:
                _wasBusy = true;
                break;
            case DatagramOutcome.UnknownMessage:
                _wasForeign = true;
                break;
        }
    }

    private void Fail(SocketError error) => End(
        error is SocketError.ConnectionRefused or SocketError.ConnectionReset ? HandshakeEnding.Refused : HandshakeEnding.NotSent,
        error);

    private void End(HandshakeEnding ending, SocketError? error = null) =>
        _handshake.TrySetResult(new HandshakeOutcome(ending, Now, _wasBusy, _wasForeign, error));
}
