using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace Onetun.Tunnel;

/// <summary>The system calls that <see cref="Socket"/> does not expose.</summary>
[SupportedOSPlatform("linux")]
internal static unsafe partial class Libc
{
    public const int SolIP = 0;
    public const int SolSocket = 1;
    public const int SolUdp = 17;
    public const int SolIPv6 = 41;

    public const int SoSendBufferForce = 32;
    public const int SoReceiveBufferForce = 33;
    public const int IPTos = 1;
    public const int IPPacketInformation = 8;
    public const int IPReceiveTos = 13;
    public const int IPv6PacketInformation = 50;
    public const int IPv6ReceiveTrafficClass = 66;
    public const int IPv6TrafficClass = 67;
    public const int UdpSegment = 103;
    public const int UdpGro = 104;

    public const int MsgTruncated = 0x20;
    public const int MsgDontWait = 0x40;
    public const int MsgWaitForOne = 0x10000;

    public const int ShutdownBoth = 2;
    public const short PollIn = 1;
    public const short PollOut = 4;

    [LibraryImport("libc", EntryPoint = "recvmmsg", SetLastError = true)]
    public static partial int ReceiveMessages(int socket, MultiMessage* messages, uint count, int flags, void* timeout);

    [LibraryImport("libc", EntryPoint = "sendmmsg", SetLastError = true)]
    public static partial int SendMessages(int socket, MultiMessage* messages, uint count, int flags);

    [LibraryImport("libc", EntryPoint = "setsockopt", SetLastError = true)]
    public static partial int SetOption(int socket, int level, int option, in int value, uint length);

    [LibraryImport("libc", EntryPoint = "getsockopt", SetLastError = true)]
    public static partial int GetOption(int socket, int level, int option, out int value, ref uint length);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    public static partial int Poll(ref PollEntry entry, nuint count, int timeoutMilliseconds);

    [LibraryImport("libc", EntryPoint = "timerfd_create")]
    public static partial int CreateTimer(int clock, int flags);

    [LibraryImport("libc", EntryPoint = "timerfd_settime")]
    public static partial int SetTimer(Alarm timer, int flags, in TimerSetting setting, nint previous);

    [LibraryImport("libc", EntryPoint = "read")]
    public static partial nint Read(Alarm timer, void* buffer, nuint count);

    [LibraryImport("libc", EntryPoint = "epoll_create1")]
    public static partial int CreatePoller(int flags);

    [LibraryImport("libc", EntryPoint = "epoll_ctl")]
    public static partial int ControlPoller(Poller poller, int operation, SafeHandle descriptor, void* entry);

    [LibraryImport("libc", EntryPoint = "epoll_wait")]
    public static partial int WaitForEvents(Poller poller, void* events, int most, int timeoutMilliseconds);

    [LibraryImport("libc", EntryPoint = "close")]
    public static partial int Close(int descriptor);

    [LibraryImport("libc", EntryPoint = "shutdown", SetLastError = true)]
    public static partial int Shutdown(int socket, int how);
}
