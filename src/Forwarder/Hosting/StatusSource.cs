using System.Diagnostics;
using System.Reflection;
using Onetun.Forwarder.Common;
using Onetun.Forwarder.Control;
using Onetun.Tunnel;
using Onetun.Tunnel.Forwarding;
using Onetun.Tunnel.Text;
using Onetun.WireGuard;

namespace Onetun.Forwarder.Hosting;

/// <summary>Tells how a gateway stands.</summary>
internal sealed class StatusSource(Gateway gateway)
{
    private readonly long _started = Stopwatch.GetTimestamp();

    /// <summary>The version without the commit after the plus.</summary>
    public static string Version { get; } = typeof(StatusSource).Assembly
        .GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    /// <summary>At this moment.</summary>
    public ProcessStatus Take()
    {
        var tunnel = gateway.Statistics;
        return new ProcessStatus(
            Environment.ProcessId,
            Version,
            DateTime.UtcNow,
            Math.Round(Stopwatch.GetElapsedTime(_started).TotalSeconds, 3),
            gateway.Configuration.Tunnel.PrivateKey.PublicKey.ToString(),
            [.. gateway.Configuration.Tunnel.Addresses.Select(ours => ours.Address.ToString())],
            gateway.ListenPort,
            [.. (tunnel?.Peers ?? []).Select(Of)],
            [.. gateway.Carried.Select(Of)])
        {
            Configuration = gateway.Configuration.FileName is { } name ? SafeText.Of(name) : null,
            Ready = gateway.Readiness.IsReady,
            Encryption = ChoiceName.Of(gateway.AeadLibrary),
            RoundTripSeconds = Seconds(tunnel?.Stack.MeanRoundTrip),
            Drops = [.. (tunnel?.Drops ?? []).Where(drop => drop.Count > 0).Select(Of)],
        };
    }

    private PeerStatus Of(PeerStatistics peer) => new(
        peer.PublicKey.ToString(),
        peer.EndPoint?.ToString(),
        peer.LastHandshake,
        peer.HasSession,
        peer.HandshakeAttempts,
        (int)peer.PersistentKeepalive.TotalSeconds,
        peer.ReceivedBytes,
        peer.SentBytes)
    {
        EndpointName = gateway.Configuration.EndpointNames.GetValueOrDefault(peer.PublicKey)?.ToString(),
        HandshakeRoundTripSeconds = Seconds(peer.HandshakeRoundTrip),
        PathMtu = peer.PathMtu,
    };

    // No path takes no time: it has not been measured.
    private static double? Seconds(TimeSpan? roundTrip) =>
        roundTrip is { } time && time > TimeSpan.Zero ? Math.Round(time.TotalSeconds, 6) : null;

    private static DropStatus Of(Drop drop) =>
        new(ChoiceName.Of(drop.Layer), ChoiceName.Of(drop.Direction), drop.Reason, drop.Count);

    private static ForwardStatus Of(Carried carried) => new(
        carried.Kind,
        $"{carried.Source}",
        carried.Destination?.ToString(),
        carried.Traffic.Open,
        carried.Traffic.Started,
        carried.Traffic.Failed,
        carried.Traffic.BytesUp,
        carried.Traffic.BytesDown);
}
