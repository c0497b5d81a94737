using Onetun.Forwarder.Control;

namespace Onetun.Forwarder.Diagnostics;

/// <summary>
/// What <c>/status.json</c> has, and the page shows. Times are in seconds and amounts in bytes; what is not known is left out, or
/// null within a list. Nothing in it is secret.
/// </summary>
/// <param name="Process">The same as <c>onetun status --json</c> has, as of the newest sample.</param>
/// <param name="History">The last five minutes.</param>
/// <param name="Connections">The TCP connections inside the tunnel at this moment: those whose peers were heard last first, then those in TIME-WAIT.</param>
/// <param name="MoreConnections">How many there are besides these.</param>
/// <param name="Log">The last lines of the log, the newest last.</param>
internal sealed record PageStatus(
    ProcessStatus Process,
    HistoryStatus History,
    IReadOnlyList<ConnectionStatus> Connections,
    int MoreConnections,
    IReadOnlyList<LineStatus> Log);

/// <summary>A sample a second, the newest last: each list has one value of each.</summary>
/// <param name="UptimeSeconds">When it was taken, on the clock of the process.</param>
/// <param name="ReceivedBytesPerSecond">From all peers since the sample before; null in the first.</param>
/// <param name="SentBytesPerSecond">To all peers, in the same way.</param>
/// <param name="RoundTripSeconds">The mean of all connections; null while there is none that has measured it.</param>
internal sealed record HistoryStatus(
    IReadOnlyList<double> UptimeSeconds,
    IReadOnlyList<double?> ReceivedBytesPerSecond,
    IReadOnlyList<double?> SentBytesPerSecond,
    IReadOnlyList<double?> RoundTripSeconds);

/// <summary>A TCP connection inside the tunnel.</summary>
/// <param name="Local">Our address and port.</param>
/// <param name="Remote">The peer's address and port.</param>
/// <param name="State">That of RFC 9293 §3.3.2, such as established or time-wait.</param>
/// <param name="CongestionWindow">How much may be in flight, as far as the path goes.</param>
/// <param name="Retransmissions">Segments sent again.</param>
/// <param name="ReceivedBytes">Payload, in order.</param>
/// <param name="SentBytes">Payload that the peer has acknowledged.</param>
internal sealed record ConnectionStatus(
    string Local, string Remote, string State, long CongestionWindow, long Retransmissions, long ReceivedBytes, long SentBytes)
{
    /// <summary>Smoothed (RFC 6298); left out before it was measured.</summary>
    public double? RoundTripSeconds { get; init; }
}

/// <summary>A line of the log.</summary>
/// <param name="At">When it was logged, UTC.</param>
/// <param name="Level">trace, debug, information, warning, error or critical.</param>
/// <param name="Target">Which part of the program it is about.</param>
/// <param name="Text">What it says, without anything that looks like a key.</param>
internal sealed record LineStatus(DateTime At, string Level, string Target, string Text);
