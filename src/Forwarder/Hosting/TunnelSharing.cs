using System.Diagnostics;
using Onetun.Forwarder.Common;
using Onetun.Forwarder.Configuration;
using Onetun.Forwarder.Control;

namespace Onetun.Forwarder.Hosting;

/// <summary>How processes that have one key share the tunnel of the first.</summary>
internal static class TunnelSharing
{
    /// <summary>Between two looks.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    // A process that is started again waits for its predecessor: a little longer than a stop takes (--shutdown-timeout).
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(6);

    /// <summary>Takes the sessions of a configuration, or says who has them.</summary>
    public static (SessionClaim? Claim, SessionHolder? Holder) Claim(ForwarderConfiguration configuration, Machine machine) =>
        SessionClaim.Take(
            ControlDirectory.Common(machine),
            configuration.Tunnel.PrivateKey.PublicKey,
            configuration.Tunnel.Peers.Select(peer => peer.PublicKey));

    /// <summary>Gives a process that is about to end the time to do so.</summary>
    public static async Task<(SessionClaim? Claim, SessionHolder? Holder)> ClaimPatientlyAsync(
        ForwarderConfiguration configuration, Machine machine, CancellationToken cancellationToken)
    {
        var (claim, holder) = Claim(configuration, machine);
        for (var started = Stopwatch.GetTimestamp(); claim is null && Stopwatch.GetElapsedTime(started) < Farewell;)
        {
            await Task.Delay(Pause, cancellationToken).ConfigureAwait(false);
            (claim, holder) = Claim(configuration, machine);
        }

        return (claim, holder);
    }

    /// <summary>The same with a gate for those that come later.</summary>
    public static ForwarderConfiguration WithGate(ForwarderConfiguration configuration, SessionClaim claim) =>
        configuration with { Services = configuration.Services with { Gate = claim.Gate } };

    public static Fault Refusal(SessionHolder holder) => new(
        FaultKind.Configuration,
        $"{holder} has a tunnel with this private key to the same peer: each would take the other's session. Wait for its end if it is "
        + "'onetun stdio', or stop it; or add these forwards to the running forwarder, or give them a key of their own.");
}
