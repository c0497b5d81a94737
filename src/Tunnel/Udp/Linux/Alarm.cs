using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace Onetun.Tunnel;

/// <summary>
/// A descriptor that can be read from a time on (timerfd_create(2)): on the clock that counts sleep, and to the microsecond, where
/// a timer of .NET rounds to milliseconds and goes by way of two more threads.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed unsafe class Alarm : SafeHandleMinusOneIsInvalid
{
    private const int NonBlocking = 0x800, CloseOnExec = 0x80000; // TFD_NONBLOCK, TFD_CLOEXEC
    private const int Absolute = 1; // TFD_TIMER_ABSTIME

    private Alarm(int descriptor)
        : base(ownsHandle: true)
    {
        SetHandle(descriptor);
    }

    /// <summary>Creates an alarm; null if the system has none to give.</summary>
    public static Alarm? TryCreate()
    {
        var alarm = new Alarm(Libc.CreateTimer(Clock.LinuxBootTime, NonBlocking | CloseOnExec));
        if (!alarm.IsInvalid)
        {
            return alarm;
        }

        alarm.Dispose();
        return null;
    }

    /// <summary>
    /// Rings once at a time of <see cref="Clock.Now"/>, at once if that has passed. It replaces any earlier setting.
    /// </summary>
    public void Set(TimeSpan at)
    {
        var ticks = Math.Max(at.Ticks, 1); // Zero would turn it off
        var setting = new TimerSetting
        {
            Seconds = (nint)(ticks / TimeSpan.TicksPerSecond),
            Nanoseconds = (nint)(ticks % TimeSpan.TicksPerSecond * TimeSpan.NanosecondsPerTick),
        };
        Libc.SetTimer(this, Absolute, setting, 0);
    }

    /// <summary>It has been heard, and is silent again.</summary>
    public void Hush()
    {
        ulong rings;
        Libc.Read(this, &rings, sizeof(ulong));
    }

    protected override bool ReleaseHandle() => Libc.Close((int)handle) == 0;
}
