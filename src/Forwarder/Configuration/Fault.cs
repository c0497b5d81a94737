namespace Onetun.Forwarder.Configuration;

/// <summary>Where a fault lies, which decides the exit code.</summary>
internal enum FaultKind
{
    /// <summary>The command line itself is wrong: exit 2.</summary>
    Usage,

    /// <summary>What it says cannot be used: exit 1.</summary>
    Configuration,
}

/// <summary>One thing that keeps onetun from starting.</summary>
internal sealed record Fault(FaultKind Kind, string Message);
