using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace Onetun.Tunnel;

/// <summary>
/// What the thread that receives waits for beside datagrams (epoll(7)): a time, and sockets that somebody wants to read from. A waiter
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
    private const ulong Time = ulong.MaxValue;

    // struct epoll_event is packed on x86 alone, so that a 32-bit program finds there what it expects
    private static readonly int EventSize = RuntimeInformation.ProcessArchitecture is Architecture.X64 or Architecture.X86 ? 12 : 16;

    private readonly Alarm _alarm;
    private readonly byte[] _events = GC.AllocateArray<byte>(MostEvents * 16, pinned: true);
    private readonly List<SocketWatch> _ready = new(MostEvents);
    private readonly Lock _placing = new();
    private readonly List<SocketWatch?> _watches = [];
    private readonly Stack<int> _free = new();

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
    /// Waits until a socket has datagrams or has ended, or something else has happened: the time has come, or sockets that are watched
    /// can be read, whose waiters <see cref="Continue"/> then runs. One thread at a time.
    /// </summary>
    /// <param name="socket">The socket. It is not watched as others are, which would cost each of its datagrams something.</param>
    /// <param name="isBusy">It is taken for granted that there are datagrams.</param>
    public Heard Wait(int socket, bool isBusy)
    {
        if (isBusy)
        {
            return Heard.Datagrams | Look();
        }

        var entries = stackalloc PollEntry[2];
        entries[0] = new PollEntry { Descriptor = socket, Events = Libc.PollIn };
        entries[1] = new PollEntry { Descriptor = (int)handle, Events = Libc.PollIn };
        Libc.Poll(ref *entries, 2, Timeout.Infinite);
        var heard = entries[0].ReturnedEvents == 0 ? Heard.Nothing : Heard.Datagrams;
        return entries[1].ReturnedEvents == 0 ? heard : heard | Look();
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

    private Heard Look()
    {
        fixed (byte* events = _events)
        {
            var count = Libc.WaitForEvents(this, events, MostEvents, timeoutMilliseconds: 0);
            for (var i = 0; i < count; i++)
            {
                Take(*(ulong*)(events + (i * EventSize) + EventSize - sizeof(ulong)));
            }

            return count > 0 ? Heard.Other : Heard.Nothing;
        }
    }

    private void Take(ulong what)
    {
        if (what == Time)
        {
            _alarm.Hush();
            return;
        }

        // A place may have been given anew since: that watch then finds nothing to read, and waits again
        lock (_placing)
        {
            if (_watches[(int)what] is { } watch && watch.TryFire())
            {
                _ready.Add(watch);
            }
        }
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
