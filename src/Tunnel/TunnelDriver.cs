using System.Net;
using System.Net.Sockets;
using Onetun.Capture;
using Onetun.NetStack;
using Onetun.WireGuard;

namespace Onetun.Tunnel;

/// <summary>
/// Joins the WireGuard device, the IP stack and the UDP socket: the one place where they, the timer and the threads of the
/// application meet. A received batch is opened, fed to the stack and answered in one turn, an application's write taken in
/// another; what results is sealed and sent on the same thread, while others may have their turns.
/// </summary>
internal sealed partial class TunnelDriver : StackDriver, IDisposable
{
    private readonly Device _device;
    private readonly MovableUdpTransport _transport;
    private readonly TimeProvider _time;
    private readonly FaultReports _faults;
    private readonly Action<DatagramOutcome>? _heard;
    private readonly Taps _taps;
    private readonly Whereabouts _whereabouts = new();
    private readonly Departures _departures;
    private readonly OuterPaths _paths;
    private readonly Poller? _poller;
    private readonly Wakeup _wakeup;
    private readonly SleepWatch _sleep;
    private readonly Thread _receiver;
    private readonly RoundEnd _roundEnd = new();
    private readonly PeerWatchers _watchers = new();
    private Silence _silence;
    private long _stagedDepartures;
    private volatile bool _disposed;

    /// <summary>Takes over the device and the transport.</summary>
    public TunnelDriver(IpStack stack, Device device, MovableUdpTransport transport, DriverOptions options)
        : base(stack)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(options.Time.TimestampFrequency, TimeSpan.TicksPerSecond, nameof(options));
        (_time, _heard) = (options.Time, options.Heard);
        _faults = new FaultReports(options.Faulted);
        _taps = new Taps(options, () => transport.LocalEndPoint, _faults);
        _device = device;
        _transport = transport;
        _paths = new OuterPaths(device);
        stack.PathOf = _paths.Of;
        stack.LacksRoomTo = device.IsFullFor;
        _departures = new Departures(device, transport, _taps, _faults);
        PrepareTaps();
        _sleep = new SleepWatch(options.TimeAsleep);
        _silence = new Silence(Now);
        _poller = options.Time is Clock ? transport.CreatePoller() : null; // Its alarm goes by that clock
        _wakeup = new Wakeup(_time, _poller, OnTimer);
        _receiver = new Thread(ReceiveAll) { IsBackground = true, Name = "onetun receive" };
    }

    /// <summary>Whether the caller is on the thread that receives, which <see cref="Dispose"/> waits for.</summary>
    public bool IsOnItsThread => Thread.CurrentThread == _receiver;

    /// <summary>Those who watch what happens to the peers.</summary>
    public PeerWatchers Watchers => _watchers;

    /// <summary>The wall clock.</summary>
    public DateTime UtcNow => _time.GetUtcNow().UtcDateTime;

    /// <summary>Where the transport is bound.</summary>
    public IPEndPoint LocalEndPoint => _transport.LocalEndPoint;

    protected override TimeSpan Now => new(_time.GetTimestamp());

    /// <summary>Begins to receive, on a thread of its own, and sends what waits.</summary>
    public void Start()
    {
        _receiver.Start();
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
        Stack.ReleaseHeldBack(); // Some destinations may now be reached in another way
    }

    /// <summary>Does something in one turn: whatever is sent in it leaves at its end. It must not wait for anybody.</summary>
    public void InOneTurn<T>(T state, Action<T> action)
    {
        using var turn = BeginTurn();
        action(state);
    }

    public TunnelStatistics GetStatistics()
    {
        using var turn = BeginTurn();
        return TunnelStatistics.Of(ReadPeers(turn.Now), _device, Stack, _departures.Statistics, _faults.Count);
    }

    /// <summary>Has somebody watch. For one who wants keys, sessions are renewed: those there are had theirs before.</summary>
    public void Add(IPacketTap tap)
    {
        using var turn = BeginTurn();
        _taps.Add(tap);
        PrepareTaps();
        if (!_disposed && tap.Layers.HasFlag(TapLayers.Keys))
        {
            _device.RenewSessions(turn.Now);
        }
    }

    /// <summary>Shows nothing more to somebody who watched.</summary>
    public void Remove(IPacketTap tap)
    {
        using var turn = BeginTurn();
        _taps.Remove(tap);
        PrepareTaps();
    }

    /// <summary>Sends a packet past the stack, as it is.</summary>
    public void Send(ReadOnlySpan<byte> packet)
    {
        using var turn = BeginTurn();
        if (!_disposed && _departures.Filling.TryGetSlot(_departures.SlotLength, out var slot))
        {
            BeginAnewAfterSleep(turn.Now);
            packet.CopyTo(slot[Device.HeaderLength..]);
            Commit(turn.Now, slot, packet.Length);
        }
    }

    /// <summary>Prepares waits for a socket that is not blocking; null where the thread that receives can hear nothing else.</summary>
    public SocketWatch? TryWatch(Socket socket) =>
        OperatingSystem.IsLinux() ? _poller?.TryWatch(socket.SafeHandle) : null;

    /// <summary>Ends when a round does, for which one is begun; at once, after a turn, where none can be begun.</summary>
    public Task NextRoundAsync()
    {
        using var turn = BeginTurn();
        return !_disposed && TrySummon(turn.Now) ? _roundEnd.NextAsync() : Task.CompletedTask;
    }

    /// <summary>To be called when packets to the peers leave from another address.</summary>
    public void OnNetworkMoved()
    {
        using var turn = BeginTurn();
        if (!_disposed)
        {
            _device.ExpireSessions(turn.Now);
            _paths.Forget();
            _taps.ForgetSources();
        }
    }

    /// <summary>To be called when the interface that the transport is bound to has been removed and made again.</summary>
    public void OnInterfaceRenewed()
    {
        using var turn = BeginTurn();
        if (!_disposed)
        {
            _transport.Renew();
            _device.SendKeepalives(turn.Now); // Peers learn the new port, if it is a new one
        }
    }

    public void Dispose()
    {
        AbortAll();
        if (Interlocked.Exchange(ref _disposed, true))
        {
            return;
        }

        _transport.Dispose();
        if (_receiver.IsAlive)
        {
            _receiver.Join();
        }

        using (BeginTurn())
        {
            _wakeup.Dispose();
            _device.Dispose();
            _departures.Dispose();
            _watchers.End();
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
            BeginAnewAfterSleep(now);
            SendAll(now);
        }
        finally
        {
            _wakeup.SetBy(now, _device.NextTimeout < Stack.NextTimeout ? _device.NextTimeout : Stack.NextTimeout);
        }

        while (_device.TryTakeFault(out var fault))
        {
            _faults.Add(fault.Where, fault.Exception);
        }

        while (_device.TryTakePeerEvent(out var happened))
        {
            _watchers.Tell(happened);
            TunnelActivities.Handshake(happened, _device);
        }
    }

    private void PrepareTaps()
    {
        _device.KeysMade = _taps.ShowKeys ? _taps.Keys : null;
        foreach (var peer in _device.Peers)
        {
            _whereabouts.Look(peer);
        }
    }

    private void BeginAnewAfterSleep(TimeSpan now)
    {
        if (_sleep.TryWake())
        {
            _device.ExpireSessions(now);
        }
    }

    private void SendAll(TimeSpan now)
    {
        bool isMore;
        do
        {
            isMore = Fill(now);
            _departures.Begin(now);
        }
        while (isMore);
    }

    protected override void Leave()
    {
        if (!_departures.TryLeave())
        {
            using var turn = BeginTurn();
            _departures.Conclude(turn.Now);
        }
    }

    /// <summary>Fills the batch; true if there may be more than it holds.</summary>
    private bool Fill(TimeSpan now)
    {
        while (_departures.Filling.TryGetSlot(_departures.SlotLength, out var slot))
        {
            if (_device.TryPrepare(now, slot, out var departure))
            {
                _departures.Filling.Commit(departure, _taps.ShowOuter ? Remarks.OnLeaving(now, departure, slot) : null);
            }
            else if (TryAskStack(now, slot[Device.HeaderLength..], out var length))
            {
                if (Commit(now, slot, length) == SendOutcome.NoRoute)
                {
                    Stack.OnUndeliverable(now, slot.Slice(Device.HeaderLength, length));
                }
            }
            else
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Makes the packet in a slot the next datagram of the batch, if it can be sent now.</summary>
    private SendOutcome Commit(TimeSpan now, Span<byte> slot, int packet)
    {
        var outcome = _device.Prepare(now, slot, packet, out var departure);
        if (_taps.ShowInner)
        {
            _taps.Inner(PacketDirection.Outbound, slot.Slice(Device.HeaderLength, packet), Remarks.OnSent(outcome));
        }

        if (outcome == SendOutcome.Sealed)
        {
            _departures.Filling.Commit(departure);
        }

        return outcome;
    }

    private bool TryAskStack(TimeSpan now, Span<byte> buffer, out int length)
    {
        if (_stagedDepartures != _device.StagedDepartures)
        {
            _stagedDepartures = _device.StagedDepartures;
            Stack.ReleaseHeldBack();
        }

        return Stack.TryTransmit(now, buffer, out length);
    }

    private void OnTimer()
    {
        using var turn = BeginTurn();
        _wakeup.Rang(turn.Now);
        TimeOutIfDue(turn.Now);
    }

    private void TimeOutIfDue(TimeSpan now)
    {
        if (_disposed || !_wakeup.TryTake(now))
        {
            return;
        }

        try
        {
            _device.OnTimeout(now);
            MoveIfUnheard(now);
            Stack.OnTimeout(now);
        }
        catch (Exception fault)
        {
            _faults.Add("a timeout", fault);
        }
    }

    protected override bool TrySummon(TimeSpan now) => _wakeup.TrySummon(now);

    protected override void OnFault(StackFault fault) => _faults.Add(fault.Where, fault.Exception);

    /// <summary>Initiations that get no response may all be lost on the way: the next one leaves from another port.</summary>
    private void MoveIfUnheard(TimeSpan now)
    {
        if (IsUnheard(now) && _silence.TryAct(now) && _transport.TryMove())
        {
            _device.SendKeepalives(now);
        }
    }

    /// <summary>Whether some peer does not answer, and no other seems to be reached from the present port.</summary>
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
}
