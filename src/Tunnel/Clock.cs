using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Onetun.Tunnel;

/// <summary>
/// The two clocks whose time the cores are given. <see cref="Now"/> only moves forward and counts the time the machine
/// slept, so that keys expire in a laptop that was shut; its zero has no meaning.
/// </summary>
internal sealed partial class Clock : TimeProvider
{
    /// <summary>CLOCK_BOOTTIME: Linux stops CLOCK_MONOTONIC in suspend.</summary>
    public const int LinuxBootTime = 7;

    // CLOCK_MONOTONIC, which on Darwin is the continuous time, sleep included (clock_gettime(3))
    private const int AppleMonotonic = 6;

    // Wine 8 has no such functions.
    private static readonly bool HasInterruptTime = OperatingSystem.IsWindows()
        && NativeLibrary.TryLoad("kernelbase", out var library)
        && NativeLibrary.TryGetExport(library, nameof(QueryInterruptTimePrecise), out _);

    private Clock()
    {
    }

    /// <summary>The same, for code that can be given another clock. Its timers stop while the machine sleeps.</summary>
    public static Clock Instance { get; } = new();

    /// <summary>
    /// Time on the clock that counts sleep. Systems other than Linux, Apple's and Windows have none that .NET can
    /// reach everywhere; there it stops in sleep, and the wall clock of a handshake decides.
    /// </summary>
    public static TimeSpan Now
    {
        get
        {
            if (OperatingSystem.IsLinux() || OperatingSystem.IsAndroid())
            {
                return Read(LinuxBootTime);
            }
            if (OperatingSystem.IsMacOS() || OperatingSystem.IsIOS())
            {
                return Read(AppleMonotonic);
            }
            if (HasInterruptTime)
            {
                QueryInterruptTimePrecise(out var ticks);
                return new TimeSpan((long)ticks);
            }
            return TimeSpan.FromMilliseconds(Environment.TickCount64);
        }
    }

    /// <summary>How long the machine has slept, counted from a moment that has no meaning.</summary>
    public static TimeSpan TimeAsleep => Now - Awake;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    private static TimeSpan Awake
    {
        get
        {
            if (HasInterruptTime)
            {
                QueryUnbiasedInterruptTimePrecise(out var ticks);
                return new TimeSpan((long)ticks);
            }
            return Stopwatch.GetElapsedTime(0);
        }
    }

    public override long GetTimestamp() => Now.Ticks;

    private static TimeSpan Read(int clock)
    {
        if (GetTime(clock, out var time) != 0)
        {
            throw new PlatformNotSupportedException($"clock_gettime has no clock {clock}");
        }
        return new TimeSpan(time.Seconds * TimeSpan.TicksPerSecond + time.Nanoseconds / TimeSpan.NanosecondsPerTick);
    }

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int GetTime(int clock, out TimeSpec time);

    /// <summary>In 100 ns, sleep included.</summary>
    [LibraryImport("kernelbase")]
    private static partial void QueryInterruptTimePrecise(out ulong ticks);

    /// <summary>In 100 ns, sleep left out.</summary>
    [LibraryImport("kernelbase")]
    private static partial void QueryUnbiasedInterruptTimePrecise(out ulong ticks);

    [StructLayout(LayoutKind.Sequential)]
    private readonly struct TimeSpec
    {
        public readonly nint Seconds;
        public readonly nint Nanoseconds;
    }
}
