namespace Onetun.Tunnel;

/// <summary>What became of all that came and went, since the tunnel started.</summary>
/// <param name="Received">Datagrams by outcome; all but packets, keepalives and handshakes were dropped for that reason.</param>
/// <param name="Sent">Inner packets by outcome.</param>
/// <param name="StagedOverflows">Packets dropped because too many waited for a session.</param>
/// <param name="OrphansTimedOut"><inheritdoc cref="NetStack.IpStackStatistics.OrphansTimedOut" path="/summary"/></param>
/// <param name="MarkReductions"><inheritdoc cref="NetStack.IpStackStatistics.MarkReductions" path="/summary"/></param>
/// <param name="Faults">Faults in Onetun's own code that were survived (<see cref="TunnelOptions.Faulted"/>).</param>
public sealed record TunnelStatistics(
    IReadOnlyDictionary<WireGuard.ReceiveOutcome, ulong> Received,
    IReadOnlyDictionary<WireGuard.SendOutcome, ulong> Sent,
    ulong StagedOverflows,
    long OrphansTimedOut,
    long MarkReductions,
    ulong Faults);
