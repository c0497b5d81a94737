using System.Globalization;
using Onetun.Forwarder.Control;

namespace Onetun.Forwarder.Diagnostics;

/// <summary>How a process stands, in one line.</summary>
internal static class StatusLine
{
    public static string Of(ProcessStatus process)
    {
        var peers = process.Peers;
        var forwards = process.Forwards;
        var handshake = StatusUnits.Ago(peers.Max(peer => peer.LastHandshake), process.At);
        return string.Create(CultureInfo.InvariantCulture,
            $"{process.At:HH:mm:ss} process {process.Pid}: handshake {handshake}, "
            + $"{forwards.Sum(forward => forward.Open)} open, {forwards.Sum(forward => forward.Total)} in all, "
            + $"{forwards.Sum(forward => forward.Failed)} failed, "
            + $"received {Sum(peers, peer => peer.ReceivedBytes, peer => peer.ReceivedBytesPerSecond)}, "
            + $"sent {Sum(peers, peer => peer.SentBytes, peer => peer.SentBytesPerSecond)}");
    }

    private static string Sum(
        IReadOnlyList<PeerStatus> peers, Func<PeerStatus, double> bytes, Func<PeerStatus, double?> rate)
    {
        var known = peers.Any(peer => rate(peer) is not null) ? peers.Sum(rate) : null;
        return $"{StatusUnits.Bytes(peers.Sum(bytes))} ({StatusUnits.Rate(known)})";
    }
}
