using Onetun.Forwarder.Configuration;
using Onetun.Forwarder.Logging;

namespace Onetun.Forwarder.Commands;

/// <summary>Tells people all that is wrong at once.</summary>
internal static class FaultReport
{
    /// <summary>Writes the faults and returns the exit code they ask for.</summary>
    public static int Write(TextWriter error, IReadOnlyList<Fault> faults)
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
            error.WriteLine("For more information, try 'onetun --help'; 'onetun demo' needs no configuration.");
        }

        return usage ? ExitCode.Usage : ExitCode.Failure;
    }
}
