using System.Runtime.InteropServices;
using System.Text;

namespace Onetun.Forwarder.Logging;

/// <summary>
/// Standard error without the lock that all streams of <see cref="Console"/> share on Unix: while nobody reads what is written
/// to it, <c>onetun stdio</c> and <c>--pcap -</c> need standard output. It also notices a pipe without a reader.
/// </summary>
internal static partial class StandardError
{
    // Whoever reads it does so at once.
    private static readonly TimeSpan LongestFarewell = TimeSpan.FromSeconds(1);

    /// <summary>Says why the process ends, which it does even if nobody reads that.</summary>
    public static void Tell(string text)
    {
        var telling = new Thread(() =>
        {
            try
            {
                Open()(Encoding.UTF8.GetBytes(text + Environment.NewLine));
            }
            catch (IOException)
            {
                // There is nowhere else to say it.
            }
        });
        telling.IsBackground = true;
        telling.Start();
        telling.Join(LongestFarewell);
    }

    /// <summary>What writes all that it is given or throws an <see cref="IOException"/>; nothing, where it was closed before we began.</summary>
    public static Action<ReadOnlySpan<byte>> Open() =>
        OperatingSystem.IsWindows() ? Console.OpenStandardError().Write
        : Descriptor.IsGiven(Descriptor.Error) ? bytes => Descriptor.Write(Descriptor.Error, bytes)
        : static _ => { };

    /// <summary>Writes a text in ASCII, if it can, without anything that another assembly would have to be loaded for.</summary>
    public static void WriteAtOnce(string ascii)
    {
        if (Descriptor.IsGiven(Descriptor.Error))
        {
            _ = WriteOnce(Descriptor.Error, Encoding.UTF8.GetBytes(ascii), ascii.Length);
        }
    }

    [LibraryImport("libc", EntryPoint = "write")]
    private static partial nint WriteOnce(int descriptor, ReadOnlySpan<byte> bytes, nint size);
}
