namespace Onetun.Forwarder.Commands;

/// <summary>How the process ends.</summary>
internal static class ExitCode
{
    /// <summary>Stopped by a signal after draining, or a command that did its work.</summary>
    public const int Success = 0;

    /// <summary>The configuration cannot be used (a file, a variable, a name), or the start failed.</summary>
    public const int Failure = 1;

    /// <summary>The command line itself is wrong, or a value on it cannot be read.</summary>
    public const int Usage = 2;
}
