using System.Runtime.InteropServices;

namespace Onetun.Benchmarks.Paths;

internal static partial class Libc
{
    public const short Readable = 1; // POLLIN

    /// <summary>Waits as long as the processor's clock is fine: a packet of 100 Mbit/s takes 0.1 ms, and .NET waits for whole ones.</summary>
    [LibraryImport("libc", EntryPoint = "ppoll", SetLastError = true)]
    public static partial int Poll(Span<PollDescriptor> descriptors, nuint count, in TimeSpec timeout, nint signals);

    internal struct PollDescriptor
    {
        public int Descriptor;
        public short Events;
        public short Occurred;
    }

    internal readonly struct TimeSpec(TimeSpan time)
    {
        public readonly long Seconds = time.Ticks / TimeSpan.TicksPerSecond;
        public readonly long Nanoseconds = time.Ticks % TimeSpan.TicksPerSecond * 100;
    }
}
