using Onetun.Forwarder.Commands;
using Onetun.Forwarder.Configuration;

try
{
    return await new CommandLine(new Machine(), Console.In, Console.Out, Console.Error).RunAsync(args).ConfigureAwait(false);
}
catch (IOException error)
{
    // standard output is full or gone; standard error may be as well
    await Console.Error.WriteLineAsync($"onetun: {error.Message}").ConfigureAwait(false);
    return ExitCode.Failure;
}
