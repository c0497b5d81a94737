using Onetun.Tunnel.Text;

namespace Onetun.Forwarder.Configuration;

/// <summary>Where a fault lies, which decides the exit code.</summary>
internal enum FaultKind
{
    /// <summary>The command line itself is wrong, or a value on it cannot be read: exit 2.</summary>
    Usage,

    /// <summary>A file or a variable is wrong, or what all of it says cannot be used: exit 1.</summary>
    Configuration,
}

/// <summary>One thing that keeps onetun from starting, and what to do if the message does not say.</summary>
internal sealed record Fault(FaultKind Kind, string Message, string? Advice = null)
{
    /// <summary>What people are told, without any secret.</summary>
    public string Message { get; } = SafeText.OfFault(Message);
}
