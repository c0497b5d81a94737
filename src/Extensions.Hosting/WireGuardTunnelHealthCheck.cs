using System.Globalization;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Onetun.Tunnel;
using Onetun.WireGuard;

namespace Onetun.Extensions.Hosting;

/// <summary>Whether the peers of a tunnel answer: it is degraded if some do not, and fails if none does.</summary>
internal sealed class WireGuardTunnelHealthCheck(WireGuardTunnel tunnel, WireGuardTunnelHealthOptions options, TimeProvider time) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var peers = tunnel.Peers;
        var silent = peers.Select(peer => (Key: peer.PublicKey.ToString(), Fault: FaultOf(peer))).Where(peer => peer.Fault is not null).ToList();
        return Task.FromResult(new HealthCheckResult(
            silent.Count == 0 ? HealthStatus.Healthy
            : silent.Count < peers.Count ? HealthStatus.Degraded
            : context.Registration.FailureStatus,
            silent.Count == 0 ? null : $"{silent.Count} of {peers.Count} peers are silent.",
            data: silent.ToDictionary(peer => peer.Key, peer => (object)peer.Fault!)));
    }

    /// <summary>Null for a peer that answers, or was asked nothing.</summary>
    private string? FaultOf(in PeerStatistics peer)
    {
        if (!peer.HasSession && peer.HandshakeAttempts > options.MaxUnansweredHandshakes)
        {
            return $"{peer.HandshakeAttempts} handshakes unanswered";
        }

        return options.MaxHandshakeAge is { } limit && time.GetUtcNow().UtcDateTime - peer.LastHandshake is var age && !(age <= limit)
            ? age is null ? "no handshake yet" : $"last handshake {age.Value.TotalSeconds.ToString("F0", CultureInfo.InvariantCulture)} s ago"
            : null;
    }
}
