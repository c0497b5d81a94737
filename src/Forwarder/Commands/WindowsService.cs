using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using System.Security;
using System.ServiceProcess;

namespace Onetun.Forwarder.Commands;

/// <summary>A command line that the service manager of Windows starts and stops.</summary>
internal static partial class WindowsService
{
    private const string Manager = "services";
    private const nint ThisProcess = -1;

    // A stop takes --shutdown-timeout, which is 5 s unless somebody wants more.
    private static readonly TimeSpan LongestStop = TimeSpan.FromSeconds(60);

    /// <summary>Whether the manager has started this process, which it does without a word: by its parent.</summary>
    [SupportedOSPlatform("windows")]
    public static bool IsStartedByManager()
    {
        if (Environment.UserInteractive || QueryProcess(ThisProcess, 0, out var information, Marshal.SizeOf<ProcessInformation>(), 0) != 0)
        {
            return false;
        }

        try
        {
            using var parent = Process.GetProcessById((int)information.Parent);
            return parent.SessionId == 0 && parent.ProcessName.Equals(Manager, StringComparison.OrdinalIgnoreCase);
        }
        catch (Exception error) when (error is ArgumentException or InvalidOperationException or Win32Exception)
        {
            return false; // It has ended, or is none of ours to look at
        }
    }

    /// <summary>Runs a command line until the manager stops it, and returns its exit code.</summary>
    /// <param name="run">The command line, which is given where faults are written, and when to stop.</param>
    [SupportedOSPlatform("windows")]
    public static int Run(Func<TextWriter, CancellationToken, Task<int>> run)
    {
        using var service = new Service(run);
        ServiceBase.Run(service);
        return service.ExitCode;
    }

    [LibraryImport("ntdll.dll", EntryPoint = "NtQueryInformationProcess")]
    private static partial int QueryProcess(nint process, int kind, out ProcessInformation information, int size, nint returned);

    /// <summary>PROCESS_BASIC_INFORMATION.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private readonly struct ProcessInformation
    {
        private readonly nint _exitStatus, _environment, _affinity, _priority, _process;

        public nint Parent { get; }
    }

    // Nested, so that other systems do not load the assembly of its base.
    [SupportedOSPlatform("windows")]
    private sealed class Service : ServiceBase
    {
        private readonly Func<TextWriter, CancellationToken, Task<int>> _run;
        private readonly StringWriter _faults = new();
        private readonly CancellationTokenSource _stop = new();
        private Task<int> _running = Task.FromResult(Commands.ExitCode.Failure);

        public Service(Func<TextWriter, CancellationToken, Task<int>> run)
        {
            _run = run;
            (ServiceName, AutoLog, CanShutdown) = ("onetun", false, true);
        }

        protected override void OnStart(string[] args)
        {
            _running = Task.Run(() => _run(TextWriter.Synchronized(_faults), _stop.Token));
            _ = EndWithAsync(_running);
        }

        protected override void OnStop()
        {
            _stop.Cancel();
            RequestAdditionalTime(LongestStop);
            // The manager takes the return for the end, and wants no exception.
            ((IAsyncResult)_running).AsyncWaitHandle.WaitOne(LongestStop);
        }

        protected override void OnShutdown() => OnStop();

        protected override void Dispose(bool disposing)
        {
            _stop.Dispose();
            _faults.Dispose();
            base.Dispose(disposing);
        }

        /// <summary>A run that ends by itself ends the service, and says why where people look for that.</summary>
        private async Task EndWithAsync(Task<int> running)
        {
            ExitCode = Commands.ExitCode.Failure;
            try
            {
                ExitCode = await running.ConfigureAwait(false);
            }
            finally
            {
                if (!_stop.IsCancellationRequested)
                {
                    Report(_faults.ToString());
                    Stop();
                }
            }
        }

        private void Report(string faults)
        {
            try
            {
                EventLog.WriteEntry(faults, EventLogEntryType.Error);
            }
            catch (Exception error) when (error is SecurityException or InvalidOperationException or Win32Exception or ArgumentException)
            {
                // Its account may not write there.
            }
        }
    }
}
