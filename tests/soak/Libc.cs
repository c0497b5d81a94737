using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Onetun.Soak;

internal static partial class Libc
{
    public const int Hangup = 1; // SIGHUP
    public const int Kill = 9; // SIGKILL
    public const int Terminate = 15; // SIGTERM
    public const int Continue = 18; // SIGCONT
    public const int Stop = 19; // SIGSTOP
    private const int NewNetwork = 0x40000000; // CLONE_NEWNET

    public static void Signal(int process, int signal) => Check(SendSignal(process, signal));

    /// <summary>The sockets that this thread makes from here on are of that network namespace.</summary>
    public static void Enter(SafeFileHandle network) =>
        Check(SetNamespace((int)network.DangerousGetHandle(), NewNetwork));

    private static void Check(int result)
    {
        if (result != 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int SendSignal(int process, int signal);

    [LibraryImport("libc", EntryPoint = "setns", SetLastError = true)]
    private static partial int SetNamespace(int descriptor, int type);
}
