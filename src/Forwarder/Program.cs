using Onetun.Forwarder;
using Onetun.Forwarder.Commands;
using Onetun.Forwarder.Common;
using Onetun.Forwarder.Hosting;
using Onetun.Forwarder.Logging;
using Onetun.Tunnel.Resources;
using Onetun.Tunnel.Text;

if (DescriptorLimit.Lack() is { } lack)
{
    StandardError.WriteAtOnce(lack);
    return ExitCode.Failure;
}

// Reports the faults of every thread: the runtime itself would print them without bounds.
AppDomain.CurrentDomain.UnhandledException += (_, fault) =>
{
    LogOutput.Flush();
    StandardError.Tell(CrashReport.Of((Exception)fault.ExceptionObject));
    Environment.Exit(ExitCode.Failure);
};

// Whoever ends the process, and wherever the main command stands, the lines logged so far are written.
AppDomain.CurrentDomain.ProcessExit += (_, _) => LogOutput.Flush();

EmbeddedSodium.Use();

try
{
    if (OperatingSystem.IsWindows() && WindowsService.IsStartedByManager())
    {
        return WindowsService.Run((error, stop) =>
            new CommandLine(new Machine(), TextReader.Null, TextWriter.Null, error).RunAsync(args, stop));
    }

    using var input = new StandardInput(StandardStreams.OpenInput());
    var output = StandardStreams.OpenTextOutput();
    return await new CommandLine(new Machine(), input, output, StandardStreams.OpenTextError()).RunAsync(args).ConfigureAwait(false);
}
catch (IOException error) when (error.InnerException?.HResult == Descriptor.BrokenPipe)
{
    // Whoever read standard output, as head does, has enough.
    return ExitCode.Failure;
}
catch (IOException error)
{
    // Standard output is full or gone; standard error may be as well.
    StandardError.Tell($"onetun: {SafeText.Of(error.Message)}");
    return ExitCode.Failure;
}
