using Onetun.Forwarder.Configuration;
using Onetun.Forwarder.Logging;

namespace Onetun.Forwarder.Commands;

/// <summary>Tells people all that is wrong at once.</summary>
internal static class FaultReport
{
    /// <summary>Writes the faults and returns the exit code they ask for.</summary>
    /// <param name="error">Where they are written.</param>
    /// <param name="faults">What is wrong.</param>
    /// <param name="command">The command whose help explains the arguments; null is the main one.</param>
    public static int Write(TextWriter error, IReadOnlyList<Fault> faults, string? command = null)
    {
        LogOutput.Flush();
        var usage = faults.Any(fault => fault.Kind == FaultKind.Usage);
        foreach (var fault in faults)
        {
            error.WriteLine($"Error: {fault.Message}");
        }

        if (usage)
        {
            error.WriteLine();
            error.WriteLine(command is null
                ? "For more information, try 'onetun --help'; 'onetun demo' needs no configuration."
                : $"For more information, try 'onetun {command} --help'.");
        }

        return usage ? ExitCode.Usage : ExitCode.Failure;
    }
}
