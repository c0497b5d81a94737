using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Onetun.Tunnel;
using Onetun.WireGuard;

namespace Onetun.Extensions.Hosting;

/// <summary>Whether the peers of a tunnel answer: it is degraded if some do not, and fails if none does, or if there is no such tunnel.</summary>
/// <param name="services">Where the tunnel is looked for, with each check: what that throws is a failed check only then.</param>
/// <param name="name">The tunnel's name.</param>
/// <param name="options">When a peer counts as silent.</param>
internal sealed class WireGuardTunnelHealthCheck(IServiceProvider services, string name, WireGuardTunnelHealthOptions options) : IHealthCheck
{
    private readonly TimeProvider _time = services.GetService<TimeProvider>() ?? TimeProvider.System;

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(Check(context.Registration.FailureStatus));

    private HealthCheckResult Check(HealthStatus failure)
    {
        if (services.GetKeyedService<WireGuardTunnel>(name) is not { } tunnel)
        {
            return new HealthCheckResult(failure, $"There is no tunnel {name} among the services: AddWireGuardTunnel(\"{name}\", …) adds it.");
        }

        try
        {
            return Check(tunnel.Driver.ReadPeers(), failure);
        }
        catch (ObjectDisposedException)
        {
            return new HealthCheckResult(failure, $"The tunnel {name} has been disposed.");
        }
    }

    private HealthCheckResult Check(IReadOnlyList<PeerStatistics> peers, HealthStatus failure)
    {
        var silent = peers.Select(peer => (Key: peer.PublicKey.ToString(), Fault: FaultOf(peer))).Where(peer => peer.Fault is not null).ToList();
        return new HealthCheckResult(
            silent.Count == 0 ? HealthStatus.Healthy
            : silent.Count < peers.Count ? HealthStatus.Degraded
            : failure,
            silent.Count == 0 ? null : $"{silent.Count} of {peers.Count} peers are silent.",
            data: silent.ToDictionary(peer => peer.Key, peer => (object)peer.Fault!));
    }

    /// <summary>Null for a peer that answers, or was asked nothing.</summary>
    private string? FaultOf(in PeerStatistics peer)
    {
        if (!peer.HasSession && peer.HandshakeAttempts > options.MaxUnansweredHandshakes)
        {
            return $"{peer.HandshakeAttempts} handshakes unanswered";
        }

        return options.MaxHandshakeAge is { } limit && _time.GetUtcNow().UtcDateTime - peer.LastHandshake is var age && !(age <= limit)
            ? age is null ? "no handshake yet" : $"last handshake {age.Value.TotalSeconds.ToString("F0", CultureInfo.InvariantCulture)} s ago"
            : null;
    }
}
