using System.Runtime.InteropServices;

namespace Onetun.Tunnel;

/// <summary>The struct mmsghdr of sendmmsg(2).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct MultiMessage
{
    public Message Header;

    /// <summary>Bytes moved, set by the system.</summary>
    public uint Length;
}

/// <summary>The struct msghdr of sendmsg(2).</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct Message
{
    public byte* Name;
    public uint NameLength;
    public IoVector* Vectors;
    public nuint VectorCount;
    public ControlBlock* Control;
    public nuint ControlLength;
    public int Flags;
}

/// <summary>The struct iovec of readv(2).</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct IoVector
{
    public byte* Base;
    public nuint Length;
}

/// <summary>The struct sockaddr_in6 of ipv6(7) as bytes, of which sockaddr_in needs the first 16.</summary>
[StructLayout(LayoutKind.Sequential, Size = SocketAddressBytes.IPv6Length, Pack = 4)]
internal struct RawSocketAddress
{
    public ushort Family;
}

/// <summary>The struct itimerspec of timerfd_settime(2): how often, and when first.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct TimerSetting
{
    public nint IntervalSeconds;
    public nint IntervalNanoseconds;
    public nint Seconds;
    public nint Nanoseconds;
}

/// <summary>The struct pollfd of poll(2).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct PollEntry
{
    public int Descriptor;
    public short Events;
    public short ReturnedEvents;
}
