using Microsoft.Extensions.Logging;

namespace Onetun.Forwarder.Forwarding;

/// <summary>Two connections that belong together, from the moment both stand.</summary>
internal static class RelayedConnection
{
    /// <summary>
    /// Relays until both have ended, or resets both when told to, and disposes them. The port inside the tunnel tells
    /// the connection apart in the log.
    /// </summary>
    public static async Task RunAsync(
        IRelayEnd client, IRelayEnd server, int port, Traffic traffic, ILogger logger, CancellationToken reset)
    {
        traffic.Start();
        await using (client.ConfigureAwait(false))
        await using (server.ConfigureAwait(false))
        {
            // .. both: a direction that has ended already would not pass the break on
            using var resetting = reset.UnsafeRegister(
                static ends =>
                {
                    var (client, server) = ((IRelayEnd, IRelayEnd))ends!;
                    client.Abort();
                    server.Abort();
                },
                (client, server));
            var result = await Relay.RunAsync(client, server, traffic).ConfigureAwait(false);
            var isStopped = reset.IsCancellationRequested && result.Error is not null;
            logger.ConnectionEnded(port, isStopped ? result with { Ending = RelayEnding.Stopped } : result);
        }

        traffic.End();
    }
}
