using Onetun.Forwarder.Control;

namespace Onetun.Forwarder.Diagnostics;

/// <summary>How fast the counters of a process move from one look to the next.</summary>
internal static class StatusRates
{
    /// <summary>The later look with its rates; without them if the earlier one is of another process.</summary>
    public static ProcessStatus Between(ProcessStatus? earlier, ProcessStatus later)
    {
        // A process number may come again.
        if (earlier is null || later.UptimeSeconds <= earlier.UptimeSeconds)
        {
            return later;
        }

        var seconds = later.UptimeSeconds - earlier.UptimeSeconds;
        var peers = earlier.Peers.ToLookup(peer => peer.PublicKey);
        var forwards = earlier.Forwards.ToLookup(Key);
        return later with
        {
            Peers = [.. later.Peers.Select(peer => Of(peers[peer.PublicKey].FirstOrDefault(), peer, seconds))],
            Forwards =
            [
                .. later.Forwards.Select(forward => Of(forwards[Key(forward)].FirstOrDefault(), forward, seconds)),
            ],
        };
    }

    private static (string, string, string?) Key(ForwardStatus forward) =>
        (forward.Protocol, forward.Local, forward.Remote);

    private static PeerStatus Of(PeerStatus? earlier, PeerStatus later, double seconds) => later with
    {
        ReceivedBytesPerSecond = Rate(earlier?.ReceivedBytes, later.ReceivedBytes, seconds),
        SentBytesPerSecond = Rate(earlier?.SentBytes, later.SentBytes, seconds),
    };

    private static ForwardStatus Of(ForwardStatus? earlier, ForwardStatus later, double seconds) => later with
    {
        BytesUpPerSecond = Rate(earlier?.BytesUp, later.BytesUp, seconds),
        BytesDownPerSecond = Rate(earlier?.BytesDown, later.BytesDown, seconds),
    };

    // A forward or peer that was taken away and came back counts from zero.
    private static double? Rate(double? earlier, double later, double seconds) =>
        earlier is { } known ? Math.Round(Math.Max(0, later - known) / seconds, 1) : null;
}
