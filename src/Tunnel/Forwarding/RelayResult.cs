namespace Onetun.Tunnel.Forwarding;

/// <summary>How a relay ended.</summary>
internal enum RelayEnding
{
    /// <summary>Both directions were delivered to the end; the client ended first.</summary>
    ClosedByClient,

    /// <summary>Both directions were delivered to the end; the server ended first.</summary>
    ClosedByServer,

    /// <summary>The client's connection broke.</summary>
    BrokenByClient,

    /// <summary>The server's connection broke.</summary>
    BrokenByServer,

    /// <summary>Both were reset here, because their forward stops.</summary>
    Stopped,

    /// <summary>Both were reset here, because nothing passed for too long.</summary>
    Idle,
}

/// <summary>What became of a relayed connection.</summary>
/// <param name="Ending">Who ended it, and how.</param>
/// <param name="BytesUp">From the client to the server.</param>
/// <param name="BytesDown">From the server to the client.</param>
/// <param name="Error">What broke it, if anything did.</param>
internal sealed record RelayResult(RelayEnding Ending, long BytesUp, long BytesDown, Exception? Error);
