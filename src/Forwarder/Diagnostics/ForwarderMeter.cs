using System.Diagnostics.Metrics;
using Onetun.Forwarder.Common;
using Onetun.Tunnel;
using Onetun.Tunnel.Forwarding;
using Onetun.WireGuard;

namespace Onetun.Forwarder.Diagnostics;

/// <summary>What a forwarder measures, as instruments that any listener of the process can read.</summary>
internal sealed class ForwarderMeter : IDisposable
{
    private readonly Lock _recording = new();
    private readonly IForwarderState _state;
    private volatile Moment? _moment;

    public ForwarderMeter(IForwarderState state)
    {
        _state = state;
        Count("forward.connections", null, "Connections and UDP flows.", OfTraffic(traffic => traffic.Started));
        Show("forward.connections.open", null, "Connections and UDP flows that are open.", OfTraffic(traffic => traffic.Open));
        Count("forward.failures", null, "Connections that were never established.", OfTraffic(traffic => traffic.Failed));
        Count("forward.logins.failed", null, "Clients of a proxy with a wrong user or password.", OfTraffic(traffic => traffic.Denied));
        Count("forward.refused", null, "Connections beyond --max-connections.", OfTraffic(traffic => traffic.Refused));
        Count("forward.idle", null, "Connections closed for being idle.", OfTraffic(traffic => traffic.Idle));
        Count("forward.bytes.up", "By", "Payload from whoever connected.", OfTraffic(traffic => traffic.BytesUp));
        Count("forward.bytes.down", "By", "Payload to whoever connected.", OfTraffic(traffic => traffic.BytesDown));
        Count("peer.received.bytes", "By", "Authentic datagrams of the peer.", OfPeers(peer => peer.ReceivedBytes));
        Count("peer.sent.bytes", "By", "Datagrams to the peer.", OfPeers(peer => peer.SentBytes));
        Show("peer.last.handshake.seconds", "s", "Unix time of the last handshake, or 0.", OfPeers(LastHandshake));
        Count("faults", null, "Faults in onetun that were survived.", OfTunnel(tunnel => tunnel.Faults));
        Count("drops", null, "Datagrams and packets dropped.", OfDrops);
        Count("tcp.retransmissions", null, "Segments sent again inside the tunnel.", OfTunnel(tunnel => tunnel.Stack.Retransmissions));
        Show("tcp.connections", null, "TCP connections inside the tunnel, those in TIME-WAIT included.", OfTunnel(tunnel => tunnel.Stack.Connections));
        Show("peer.handshake.attempts", null, "Initiations without an answer.", OfPeers(peer => peer.HandshakeAttempts));
        Show("descriptors.used", null, "File descriptors that connections hold.", Of(moment => moment.DescriptorsUsed));
        Show("descriptors.capacity", null, "Those that they may hold.", Of(moment => moment.DescriptorsCapacity));
    }

    /// <summary>The instruments.</summary>
    public Meter Meter { get; } = new("Onetun");

    /// <summary>The state that instruments show: a new one for each, unless they are recorded together.</summary>
    private Moment Now => _moment ?? Moment.Of(_state);

    /// <summary>Has a listener record all instruments as of one moment: the tunnel's counters are copied once, not for each.</summary>
    public void Record(MeterListener listener)
    {
        lock (_recording)
        {
            _moment = Moment.Of(_state);
            try
            {
                listener.RecordObservableInstruments();
            }
            finally
            {
                _moment = null;
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Meter.Dispose();

    private static double LastHandshake(PeerStatistics peer) =>
        peer.LastHandshake is { } at ? (at - DateTime.UnixEpoch).TotalSeconds : 0;

    private void Count(string name, string? unit, string description, Func<IEnumerable<Measurement<double>>> values) =>
        Meter.CreateObservableCounter($"onetun.{name}", values, unit, description);

    private void Show(string name, string? unit, string description, Func<IEnumerable<Measurement<double>>> values) =>
        Meter.CreateObservableGauge($"onetun.{name}", values, unit, description);

    private Func<IEnumerable<Measurement<double>>> Of(Func<Moment, double> value) =>
        () => [new Measurement<double>(value(Now))];

    private Func<IEnumerable<Measurement<double>>> OfTunnel(Func<TunnelStatistics, double> value) =>
        () => Now.Tunnel is { } tunnel ? [new Measurement<double>(value(tunnel))] : [];

    private IEnumerable<Measurement<double>> OfDrops() => (Now.Tunnel?.Drops ?? []).Select(drop => new Measurement<double>(
        drop.Count,
        new("layer", ChoiceName.Of(drop.Layer)),
        new("direction", ChoiceName.Of(drop.Direction)),
        new("reason", drop.Reason)));

    private Func<IEnumerable<Measurement<double>>> OfTraffic(Func<Traffic, double> value) =>
        () => Now.Carried.Select(carried => new Measurement<double>(
            value(carried.Traffic),
            new("kind", carried.Kind),
            new("source", carried.Source),
            new("destination", carried.Destination)));

    private Func<IEnumerable<Measurement<double>>> OfPeers(Func<PeerStatistics, double> value) =>
        () => (Now.Tunnel?.Peers ?? []).Select(peer => new Measurement<double>(
            value(peer), new KeyValuePair<string, object?>("public_key", peer.PublicKey)));

    private sealed record Moment(
        TunnelStatistics? Tunnel, IReadOnlyList<Carried> Carried, double DescriptorsUsed, double DescriptorsCapacity)
    {
        public static Moment Of(IForwarderState state) => new(
            state.Statistics,
            [.. state.Carried.Select(carried => carried with { Traffic = carried.Traffic.Copy() })],
            state.Descriptors.Used,
            state.Descriptors.Capacity);
    }
}
