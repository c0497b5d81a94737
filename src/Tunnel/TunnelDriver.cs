using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Runtime.Versioning;
using Onetun.Capture;
using Onetun.NetStack;
using Onetun.WireGuard;

namespace Onetun.Tunnel;

/// <summary>
/// Joins the WireGuard device, the IP stack and the UDP socket: the one place where they, the timer and the threads of the
/// application meet. A received batch is opened, fed to the stack, answered, sealed and sent in one turn; an application's
/// write is sealed and sent on its own thread.
/// </summary>
internal sealed class TunnelDriver : StackDriver, IDisposable
{
    /// <summary>Three runs of 44 full datagrams: what one system call sends.</summary>
    private const int BatchDatagrams = 132;

    /// <summary>While so many were there, what has come meanwhile is taken before anything is answered: there are fewer ACKs.</summary>
    private const int BusyDatagrams = 8;

    /// <summary>Not more of them: 0.5 ms of work, for which the first waits for its answer.</summary>
    private const int RoundDatagrams = 64;

    /// <summary>After a longer sleep both sides' ideas of a session's age have drifted apart.</summary>
    private static readonly TimeSpan SleepLimit = TimeSpan.FromSeconds(30);

    /// <summary>Timers stop when the machine sleeps, deadlines do not: so long after it woke they are looked at.</summary>
    private const double LongestWait = 10_000;

    private readonly Device _device;
    private readonly MovableUdpTransport _transport;
    private readonly Action<TunnelFault>? _faulted;
    private readonly DatagramBatch _batch;
    private readonly int _slotLength;
    private readonly OuterPaths _paths;
    private readonly Timer _timer;
    private readonly Alarm? _alarm;
    private readonly Thread _receiver;
    private IPacketTap? _tap;
    private NetworkWatch? _network;
    private TimeSpan _armed = TimeSpan.MaxValue;
    private TimeSpan _slept;
    private Silence _silence;
    private ulong _departures;
    private volatile bool _disposed;

    public TunnelDriver(
        IpStack stack, Device device, MovableUdpTransport transport, IPacketTap? tap, Action<TunnelFault>? faulted = null)
        : base(stack)
    {
        _faulted = faulted;
        _device = device;
        _transport = transport;
        _tap = tap;
        _paths = new OuterPaths(device);
        stack.PathOf = _paths.Of;
        stack.LacksRoomTo = device.IsFullFor;
        _slotLength = device.Mtu + 64;
        _batch = new DatagramBatch(BatchDatagrams * _slotLength, BatchDatagrams);
        _slept = TimeAsleep();
        _silence = new Silence(Now);
        _timer = new Timer(static driver => ((TunnelDriver)driver!).OnTimer(), this, Timeout.Infinite, Timeout.Infinite);
        _alarm = OperatingSystem.IsLinux() ? Alarm.TryCreate() : null;
        _receiver = new Thread(ReceiveAll) { IsBackground = true, Name = "onetun receive" };
    }

    public bool IsDisposed => _disposed;

    /// <summary>Faults survived; within a turn.</summary>
    public ulong FaultCount { get; private set; }

    protected override TimeSpan Now => Clock.Now;

    [MemberNotNullWhen(true, nameof(_alarm))]
    [SupportedOSPlatformGuard("linux")]
    private bool HasAlarm => _alarm is not null;

    public void Start()
    {
        _receiver.Start();
        var route = _transport.Route;
        _network = new NetworkWatch(
            ReadEndPoints,
            OnNetworkMoved,
            destination => NetworkWatch.SourceFor(destination, route),
            OnInterfaceRenewed,
            route.InterfaceIndex);
        using var turn = BeginTurn();
    }

    /// <summary>Looks at the device within a turn.</summary>
    public T WithDevice<T>(Func<Device, TimeSpan, T> action)
    {
        using var turn = BeginTurn();
        return action(_device, turn.Now);
    }

    /// <summary>Changes the device within a turn.</summary>
    public void WithDevice(Action<Device, TimeSpan> action)
    {
        using var turn = BeginTurn();
        action(_device, turn.Now);
        Stack.ReleaseHeldBack(); // the way to somewhere may be another
    }

    /// <summary>What <c>wg show</c> tells, and what was found of the paths.</summary>
    public IReadOnlyList<PeerStatistics> ReadPeers() => WithDevice((device, now) =>
        (IReadOnlyList<PeerStatistics>)[.. device.Peers.Select(peer => peer.GetStatistics(now) with { PathMtu = _paths.Of(peer).Mtu })]);

    public void Dispose()
    {
        AbortAll();
        lock (_timer)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
        }

        _network?.Dispose();
        _transport.Dispose();
        if (_receiver.IsAlive)
        {
            _receiver.Join();
        }

        using (BeginTurn())
        {
            _timer.Dispose();
            _alarm?.Dispose();
            _device.Dispose();
            _batch.Dispose();
        }
    }

    protected override void Transmit(TimeSpan now)
    {
        if (_disposed)
        {
            return;
        }

        try
        {
            CheckSleep(now);
            SendAll(now);
        }
        finally
        {
            ArmTimer(now);
        }

        while (_device.TryTakeFault(out var fault))
        {
            OnFault(fault.Where, fault.Exception);
        }
    }

    private void SendAll(TimeSpan now)
    {
        bool sent;
        do
        {
            sent = Fill(now);
            if (_batch.Count > 0)
            {
                _transport.Send(_batch);
                if (!_batch.Refused.IsNone)
                {
                    _device.ForgetSource(_batch.Refused);
                }

                _batch.Clear();
            }
        }
        while (sent);
    }

    /// <summary>Fills the batch; true if there may be more than it holds.</summary>
    private bool Fill(TimeSpan now)
    {
        while (_batch.TryGetSlot(_slotLength, out var slot))
        {
            if (_device.TryTransmit(now, slot, out var length, out var destination, out var ecn))
            {
                _batch.Commit(length, destination, ecn);
            }
            else if (TryAskStack(now, slot[Device.HeaderLength..], out length))
            {
                Show(PacketDirection.Outbound, slot.Slice(Device.HeaderLength, length));
                var packet = length;
                var outcome = _device.Send(now, slot, packet, out length, out destination, out ecn);
                if (outcome == SendOutcome.Sealed)
                {
                    _batch.Commit(length, destination, ecn);
                }
                else if (outcome == SendOutcome.NoRoute)
                {
                    Stack.OnUndeliverable(now, slot.Slice(Device.HeaderLength, packet));
                }
            }
            else
            {
                return false;
            }
        }

        return true;
    }

    private bool TryAskStack(TimeSpan now, Span<byte> buffer, out int length)
    {
        if (_departures != _device.StagedDepartures)
        {
            _departures = _device.StagedDepartures;
            Stack.ReleaseHeldBack();
        }

        return Stack.TryTransmit(now, buffer, out length);
    }

    private void ReceiveAll()
    {
        using var batch = _transport.CreateReceiveBatch();
        while (_transport.Receive(batch, _alarm) > 0 || !_transport.IsDisposed)
        {
            using var round = BeginRound();
            var taken = 0;
            do
            {
                taken += batch.Count;
                TakeAll(batch);
                round.Continue();
            }
            while (batch.Count >= BusyDatagrams && taken < RoundDatagrams && _transport.TryReceive(batch) > 0);
        }
    }

    private void TakeAll(ReceiveBatch batch)
    {
        var now = Now; // here, not when a packet is processed: waiting for the lock is no part of the round trip
        using var turn = BeginTurn(now);
        try
        {
            Take(now, batch);
        }
        catch (Exception fault)
        {
            OnFault("a received batch", fault);
        }

        TimeOutIfDue(now); // as long as datagrams come, nobody hears the alarm
    }

    private void Take(TimeSpan now, ReceiveBatch batch)
    {
        for (var i = 0; i < batch.Count && !_disposed; i++)
        {
            var datagram = batch[i];
            var received = _device.Receive(now, datagram, batch.SourceOf(i), batch.EcnOf(i));
            if (received.Peer is not null)
            {
                _silence.Break(now);
            }

            if (received.Outcome == WireGuard.ReceiveOutcome.Packet)
            {
                var packet = datagram.Slice(received.Offset, received.Length);
                Show(PacketDirection.Inbound, packet);
                Stack.Receive(now, packet);
            }
        }
    }

    private void OnTimer()
    {
        using var turn = BeginTurn();
        _armed = turn.Now;
        TimeOutIfDue(turn.Now);
    }

    private void TimeOutIfDue(TimeSpan now)
    {
        if (now < _armed || _disposed)
        {
            return;
        }

        _armed = TimeSpan.MaxValue;
        try
        {
            _device.OnTimeout(now);
            MoveIfUnheard(now);
            Stack.OnTimeout(now);
        }
        catch (Exception fault)
        {
            OnFault("a timeout", fault);
        }
    }

    protected override bool TrySummon(TimeSpan now)
    {
        if (!HasAlarm)
        {
            return false;
        }

        _armed = now;
        _alarm.Set(now);
        return true;
    }

    /// <summary>A tap that throws sees no more: it would throw at every packet.</summary>
    private void Show(PacketDirection direction, ReadOnlySpan<byte> packet)
    {
        try
        {
            _tap?.OnPacket(Clock.UtcNow, direction, packet);
        }
        catch (Exception fault)
        {
            _tap = null;
            OnFault("the packet tap, which sees no more", fault);
        }
    }

    protected override void OnFault(StackFault fault) => OnFault(fault.Where, fault.Exception);

    /// <summary>Tells whoever listens, outside of the lock.</summary>
    private void OnFault(string where, Exception exception)
    {
        FaultCount++;
        if (_faulted is not null)
        {
            ThreadPool.QueueUserWorkItem(Tell, new TunnelFault(where, exception), preferLocal: false);
        }
    }

    private void Tell(TunnelFault fault)
    {
        try
        {
            _faulted!(fault);
        }
        catch (Exception)
        {
            // who was to hear of it is at fault too, and there is nobody else
        }
    }

    /// <summary>Only ever brought forward: a deadline that moved later finds nothing due once, and is set again.</summary>
    private void ArmTimer(TimeSpan now)
    {
        var next = _device.NextTimeout < Stack.NextTimeout ? _device.NextTimeout : Stack.NextTimeout;
        if (next >= _armed)
        {
            return;
        }

        _armed = next;
        if (HasAlarm)
        {
            _alarm.Set(next);
            return;
        }

        var due = Math.Clamp(Math.Ceiling((next - now).TotalMilliseconds), 0, LongestWait);
        _timer.Change((int)due, Timeout.Infinite);
    }

    /// <summary>Initiations that nobody answers may be lost on the way for good: the next goes out from another port.</summary>
    private void MoveIfUnheard(TimeSpan now)
    {
        if (IsUnheard(now) && _silence.TryAct(now) && _transport.TryMove())
        {
            _device.SendKeepalives(now);
        }
    }

    /// <summary>Some peer does not answer, and there is none that may be well where we are.</summary>
    private bool IsUnheard(TimeSpan now)
    {
        var isUnheard = false;
        foreach (var peer in _device.Peers)
        {
            if (!peer.IsUnanswered && peer.HasSession(now))
            {
                return false;
            }

            isUnheard |= peer.IsUnanswered;
        }

        return isUnheard;
    }

    private IReadOnlyList<IPEndPoint> ReadEndPoints() => WithDevice((device, _) =>
        (IReadOnlyList<IPEndPoint>)[.. from peer in device.Peers where !peer.Endpoint.IsNone select peer.Endpoint.ToIPEndPoint()]);

    private void OnNetworkMoved()
    {
        using var turn = BeginTurn();
        if (!_disposed)
        {
            _device.ExpireSessions(turn.Now);
            _paths.Forget();
        }
    }

    private void OnInterfaceRenewed()
    {
        using var turn = BeginTurn();
        if (!_disposed)
        {
            _transport.Renew();
            _device.SendKeepalives(turn.Now); // peers learn the new port, where it is one
        }
    }

    private void CheckSleep(TimeSpan now)
    {
        var slept = TimeAsleep();
        if (slept - _slept > SleepLimit)
        {
            _device.ExpireSessions(now);
        }

        _slept = slept;
    }

    private static TimeSpan TimeAsleep() => Clock.Now - Clock.Awake;

    /// <summary>Randomness and wall clock of the system.</summary>
    internal sealed class SystemEnvironment : IEnvironment
    {
        public DateTime UtcNow => Clock.UtcNow;

        public void Fill(Span<byte> buffer) => SystemRandom.Fill(buffer);
    }
}
