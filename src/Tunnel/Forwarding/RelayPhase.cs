namespace Onetun.Tunnel.Forwarding;

/// <summary>What a direction of a relay is doing.</summary>
internal enum RelayPhase
{
    Reading,

    /// <summary>What was read waits for the destination.</summary>
    Writing,

    /// <summary>The source has sent all it will.</summary>
    Ended,
}
