using System.Diagnostics.Metrics;
using Onetun.Capture;

namespace Onetun.Tunnel;

/// <summary>What a tunnel measures, named as OpenTelemetry names what networks measure.</summary>
internal sealed class TunnelMeter : IDisposable
{
    private readonly TunnelDriver _tunnel;
    private readonly Meter _meter;
    private readonly bool _isOurs;

    /// <param name="factory">Whose meter it is; null for one of our own.</param>
    /// <param name="tunnel">What is measured; whoever reads makes it be looked at.</param>
    public TunnelMeter(IMeterFactory? factory, TunnelDriver tunnel)
    {
        _tunnel = tunnel;
        _isOurs = factory is null;
        _meter = factory?.Create(TunnelActivities.Name) ?? new Meter(TunnelActivities.Name);
        _meter.CreateObservableCounter("onetun.peer.io", Io, "By", "Datagrams to and from a peer.");
        _meter.CreateObservableGauge("onetun.peer.handshake.age", Ages, "s", "Time since the last handshake with a peer.");
        _meter.CreateObservableGauge("onetun.peer.handshake.attempts", Attempts, "{attempt}", "Handshakes in a row that a peer has not answered.");
        _meter.CreateObservableUpDownCounter("onetun.connection.count", Connections, "{connection}", "TCP connections, those in TIME-WAIT included.");
        _meter.CreateObservableCounter("onetun.tcp.retransmissions", () => _tunnel.GetStatistics().Stack.Retransmissions, "{segment}", "Segments sent again.");
        _meter.CreateObservableCounter("onetun.packet.dropped", Dropped, "{packet}", "Datagrams and packets that were dropped.");
        _meter.CreateObservableCounter("onetun.faults", () => _tunnel.GetStatistics().Faults, "{fault}", "Faults in Onetun that were survived.");
    }

    public void Dispose()
    {
        if (_isOurs)
        {
            _meter.Dispose();
        }
    }

    private static KeyValuePair<string, object?> Tag(string name, object? value) => new(name, value);

    private IEnumerable<Measurement<long>> Io() => _tunnel.ReadPeers().SelectMany(peer => new Measurement<long>[]
    {
        new(peer.ReceivedBytes, Tag("onetun.peer.public_key", $"{peer.PublicKey}"), Tag("network.io.direction", "receive")),
        new(peer.SentBytes, Tag("onetun.peer.public_key", $"{peer.PublicKey}"), Tag("network.io.direction", "transmit")),
    });

    private IEnumerable<Measurement<double>> Ages() => _tunnel.ReadPeers().Where(peer => peer.LastHandshake is not null).Select(peer =>
        new Measurement<double>((_tunnel.UtcNow - peer.LastHandshake!.Value).TotalSeconds, Tag("onetun.peer.public_key", $"{peer.PublicKey}")));

    private IEnumerable<Measurement<int>> Attempts() => _tunnel.ReadPeers().Select(peer =>
        new Measurement<int>(peer.HandshakeAttempts, Tag("onetun.peer.public_key", $"{peer.PublicKey}")));

    private IEnumerable<Measurement<long>> Connections() =>
        [new(_tunnel.GetStatistics().Stack.Connections, Tag("network.transport", "tcp"))];

    private IEnumerable<Measurement<long>> Dropped() => _tunnel.GetStatistics().Drops.Where(drop => drop.Count > 0).Select(drop =>
        new Measurement<long>(
            drop.Count,
            Tag("network.io.direction", drop.Direction == PacketDirection.Inbound ? "receive" : "transmit"),
            Tag("onetun.layer", $"{drop.Layer}"),
            Tag("error.type", drop.Reason)));
}
