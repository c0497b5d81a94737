using Onetun.Forwarder;
using Onetun.Forwarder.Commands;
using Onetun.Forwarder.Common;
using Onetun.Forwarder.Logging;

// On whatever thread: what the runtime writes of it has no bounds
AppDomain.CurrentDomain.UnhandledException += (_, fault) =>
{
    LogOutput.Flush();
    StandardError.Tell(CrashReport.Of((Exception)fault.ExceptionObject));
    Environment.Exit(ExitCode.Failure);
};

// Whoever ends it, and wherever the main command stands
AppDomain.CurrentDomain.ProcessExit += (_, _) => LogOutput.Flush();

try
{
    using var input = new StandardInput(Console.OpenStandardInput());
    return await new CommandLine(new Machine(), input, Console.Out, Console.Error).RunAsync(args).ConfigureAwait(false);
}
catch (IOException error)
{
    // standard output is full or gone; standard error may be as well
    StandardError.Tell($"onetun: {SafeText.Of(error.Message)}");
    return ExitCode.Failure;
}
