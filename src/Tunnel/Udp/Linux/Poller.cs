using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace Onetun.Tunnel;

/// <summary>
/// What the thread that receives waits for (epoll(7)): datagrams, a time, and sockets that somebody wants to read from. A waiter
/// continues on that thread, where .NET would take two others to wake it.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed unsafe class Poller : SafeHandleMinusOneIsInvalid
{
    private const int CloseOnExec = 0x80000; // EPOLL_CLOEXEC
    private const int Add = 1, Modify = 3; // EPOLL_CTL_ADD, EPOLL_CTL_MOD
    private const uint Readable = 1, Once = 1u << 30; // EPOLLIN, EPOLLONESHOT
    private const int MostEvents = 64;

    /// <summary>What is not a place of <see cref="_watches"/>.</summary>
    private const ulong Datagrams = ulong.MaxValue, Time = ulong.MaxValue - 1;

    // struct epoll_event is packed on x86 alone, so that a 32-bit program finds there what it expects
    private static readonly int EventSize = RuntimeInformation.ProcessArchitecture is Architecture.X64 or Architecture.X86 ? 12 : 16;

    private readonly Alarm _alarm;
    private readonly byte[] _events = GC.AllocateArray<byte>(MostEvents * 16, pinned: true);
    private readonly List<SocketWatch> _ready = new(MostEvents);
    private readonly Lock _placing = new();
    private readonly List<SocketWatch?> _watches = [];
    private readonly Stack<int> _free = new();
    private LinuxUdpTransport? _transport;

    private Poller(Alarm alarm)
        : base(ownsHandle: true)
    {
        _alarm = alarm;
        SetHandle(Libc.CreatePoller(CloseOnExec));
    }

    /// <summary>Creates a poller; null if the system has none to give.</summary>
    public static Poller? TryCreate()
    {
        if (Alarm.TryCreate() is not { } alarm)
        {
            return null;
        }

        var poller = new Poller(alarm);
        if (!poller.IsInvalid && poller.TryControl(Add, alarm, Readable, Time))
        {
            return poller;
        }

        poller.Dispose();
        return null;
    }

    /// <summary>Ends a wait once at a time of <see cref="Clock.Now"/>, at once if that has passed; replaces any earlier setting.</summary>
    public void Set(TimeSpan at) => _alarm.Set(at);

    /// <summary>Prepares waits for a socket, which is not to be blocking; null if the system will not have it.</summary>
    public SocketWatch? TryWatch(SafeSocketHandle socket)
    {
        lock (_placing)
        {
            if (!_free.TryPop(out var place))
            {
                place = _watches.Count;
                _watches.Add(null);
            }

            var watch = new SocketWatch(this, socket, place);
            if (!TryControl(Add, socket, Once, (ulong)place))
            {
                _free.Push(place);
                return null;
            }

            return _watches[place] = watch;
        }
    }

    /// <summary>
    /// Blocks until a transport has something to receive or has ended, or something else has happened: the time has come, or
    /// sockets that are watched can be read, whose waiters <see cref="Continue"/> then runs. One thread at a time.
    /// </summary>
    /// <param name="transport">The transport, and the only one not disposed.</param>
    /// <param name="socket">Its socket.</param>
    public Heard Wait(LinuxUdpTransport transport, SafeSocketHandle socket)
    {
        if (transport != _transport)
        {
            TryControl(Add, socket, Readable, Datagrams);
            _transport = transport;
        }

        fixed (byte* events = _events)
        {
            var count = Libc.WaitForEvents(this, events, MostEvents, Timeout.Infinite);
            var heard = Heard.Nothing;
            for (var i = 0; i < count; i++)
            {
                heard |= Take(*(ulong*)(events + (i * EventSize) + EventSize - sizeof(ulong)));
            }

            return heard;
        }
    }

    /// <summary>Runs the waiters of sockets that can be read.</summary>
    public void Continue()
    {
        foreach (var watch in _ready)
        {
            watch.Execute();
        }

        _ready.Clear();
    }

    /// <summary>Has the next wait look at this socket, once.</summary>
    internal bool TryArm(SocketWatch watch) => TryControl(Modify, watch.Socket, Readable | Once, (ulong)watch.Place);

    internal void Forget(SocketWatch watch)
    {
        lock (_placing)
        {
            if (_watches[watch.Place] == watch)
            {
                _watches[watch.Place] = null;
                _free.Push(watch.Place);
            }
        }
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (disposing)
        {
            _alarm.Dispose();
            lock (_placing)
            {
                _watches.ForEach(static watch => watch?.Cancel()); // Nobody else would
            }
        }
    }

    protected override bool ReleaseHandle() => Libc.Close((int)handle) == 0;

    private Heard Take(ulong what)
    {
        if (what == Datagrams)
        {
            return Heard.Datagrams;
        }

        if (what == Time)
        {
            _alarm.Hush();
        }
        else
        {
            // A place may have been given anew since: that watch then finds nothing to read, and waits again
            lock (_placing)
            {
                if (_watches[(int)what] is { } watch && watch.TryFire())
                {
                    _ready.Add(watch);
                }
            }
        }

        return Heard.Other;
    }

    /// <summary>What has ended a wait.</summary>
    [Flags]
    public enum Heard
    {
        Nothing = 0,
        Datagrams = 1,
        Other = 2,
    }

    private bool TryControl(int operation, SafeHandle descriptor, uint events, ulong what)
    {
        var entry = stackalloc byte[16];
        *(uint*)entry = events;
        *(ulong*)(entry + EventSize - sizeof(ulong)) = what;
        try
        {
            return Libc.ControlPoller(this, operation, descriptor, entry) == 0;
        }
        catch (ObjectDisposedException)
        {
            return false;
        }
    }
}
